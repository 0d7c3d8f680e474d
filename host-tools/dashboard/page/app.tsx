// The page as a whole: header with the views' names, what is wrong if anything is, and the view that the address names.
// Layout is the style sheets' matter.
import { useEffect } from 'preact/hooks';
import { figure, shortHash, visible } from './format.ts';
import { route, VIEWS, type ViewId } from './route.ts';
import { connection, status } from './store.ts';
import { BoardsView } from './views/boards.tsx';
import { DaoView } from './views/dao.tsx';
import { EconomyView } from './views/economy.tsx';
import { Header } from './views/header.tsx';
import { LedgerView } from './views/ledger.tsx';
import { MeshPage } from './views/mesh.tsx';
import { NodeView } from './views/node.tsx';
import { PacketsView } from './views/packets.tsx';
import { SimulateView } from './views/simulate.tsx';

const PAGES: Record<ViewId, () => preact.JSX.Element | null> = {
  mesh: MeshPage,
  packets: PacketsView,
  node: NodeView,
  ledger: LedgerView,
  economy: EconomyView,
  dao: DaoView,
  boards: BoardsView,
  simulate: SimulateView,
};

export function App() {
  const { view } = route.value;
  const Page = PAGES[view];
  const { name } = VIEWS.find(({ id }) => id === view)!;
  useEffect(() => {
    document.title = `${name} – Fairhop`;
  }, [name]);
  return (
    <>
      <a class="skip" href="#main" onClick={toMain}>
        Skip to the view
      </a>
      <Header />
      <main id="main" tabIndex={-1} class={`view-${view}`}>
        <h1 class="hidden">{name}</h1>
        <Banner />
        <Page />
      </main>
      <Footer />
    </>
  );
}

/** Not by the address: that names the view. */
function toMain(event: Event): void {
  event.preventDefault();
  document.getElementById('main')!.focus();
}

/** One line on top when the page cannot be believed as it stands, and what to do. */
function Banner() {
  const now = status.value;
  if (connection.value === 'token') {
    return (
      <p class="banner" role="alert">
        <strong>This gateway asks for its token.</strong> Open this address once with <code>/?token=…</code> at its
        end.
      </p>
    );
  }
  if (connection.value === 'lost') {
    return (
      <p class="banner" role="alert">
        <strong>The gateway does not answer.</strong> Start it again with <code>npm start</code>; this page
        reconnects by itself and misses no packet.
      </p>
    );
  }
  if (now !== null && !now.conserved) {
    return (
      <p class="banner" role="alert">
        <strong>The balances do not add up to the supply of {figure(now.supply)}.</strong> Stop the gateway, keep
        its data directory and report this: no transaction may create or destroy credits.
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
      <span class="links">
        <a href="/metrics">Metrics</a> <a href="/api/openapi.json">API</a>
      </span>
    </footer>
  );
}
