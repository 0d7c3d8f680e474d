// The page as a whole: header, what is wrong if anything is, and the three views. Layout is app.css's
// matter.
import { connection, status } from './store.ts';
import { figure, shortHash, visible } from './format.ts';
import { Chain } from './views/chain.tsx';
import { Header } from './views/header.tsx';
import { Mesh } from './views/mesh.tsx';
import { Packets } from './views/packets.tsx';

export function App() {
  return (
    <>
      <Header />
      <main>
        <Banner />
        <Mesh />
        <div class="lists">
          <Packets />
          <Chain />
        </div>
      </main>
      <Footer />
    </>
  );
}

/** One line on top when the page cannot be believed as it stands, and what to do. */
function Banner() {
  const now = status.value;
  if (connection.value === 'token') {
    return (
      <p class="banner" role="alert">
        <strong>This gateway asks for its token.</strong> Open this address once with{' '}
        <code>/?token=…</code> at its end.
      </p>
    );
  }
  if (connection.value === 'lost') {
    return (
      <p class="banner" role="alert">
        <strong>The gateway does not answer.</strong> Start it again with <code>npm start</code>; this
        page reconnects by itself and misses no packet.
      </p>
    );
  }
  if (now !== null && !now.conserved) {
    return (
      <p class="banner" role="alert">
        <strong>The balances do not add up to the supply of {figure(now.supply)}.</strong> Stop the
        gateway, keep its data directory and report this: no transaction may create or destroy credits.
      </p>
    );
  }
  return null;
}

function Footer() {
  const now = status.value;
  if (now === null) return null;
  return (
    <footer>
      <span>Fairhop {visible(now.version, 20)}</span>
      <span>
        ledger <code title={now.ledgerId}>{shortHash(now.ledgerId)}</code>
      </span>
      <span>
        state root <code title={now.stateRoot}>{shortHash(now.stateRoot)}</code>
      </span>
      <a href="/api/openapi.json">API</a>
    </footer>
  );
}
