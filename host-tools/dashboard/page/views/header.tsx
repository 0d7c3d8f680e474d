// The head of the page: the views, what runs, whether the page is live, and the figures of the chain.
import type { Status } from '../../../gateway/view.ts';
import { duration, figure } from '../format.ts';
import { linkTo, route, VIEWS } from '../route.ts';
import { connection, status, type Connection } from '../store.ts';
import { nextTheme, themeChoice } from '../theme-choice.ts';

const CONNECTION_TEXT: Record<Connection, string> = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Reconnecting',
  token: 'Token needed',
};

export function Header() {
  const now = status.value;
  return (
    <header>
      <div class="head">
        <a class="brand" href="#/mesh" aria-label="Fairhop, to the mesh">
          <img src="/icon.svg" alt="" width="26" height="26" /> Fairhop
        </a>
        <nav aria-label="Views">
          {VIEWS.map(({ id, name }) => (
            <a key={id} href={linkTo(id)} aria-current={route.value.view === id ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        {now !== null && <Running now={now} />}
        <button
          type="button"
          class="quiet-button"
          onClick={nextTheme}
          aria-label={`Colours: ${themeChoice.value}`}
        >
          {THEME_SIGNS[themeChoice.value]}
        </button>
        <p class={`connection ${connection.value}`} role="status">
          {CONNECTION_TEXT[connection.value]}
        </p>
      </div>
      {now !== null && <Figures now={now} />}
    </header>
  );
}

const THEME_SIGNS = { auto: '◐', light: '○', dark: '●' };

function Running({ now }: { now: Status }) {
  const plural = now.nodes === 1 ? 'board' : 'boards';
  return (
    <p class="running">
      <span>
        {figure(now.nodes)} {now.boards} {plural}
      </span>
      <span>{now.engine === 'serial' ? 'on USB' : `engine ${now.engine}`}</span>
      <span>up {duration(now.uptimeS)}</span>
      {now.faults > 0 && (
        <a
          class="fault"
          href="#/mesh"
          title="The last ones are under the mesh, all of them in the gateway's output"
        >
          {figure(now.faults)} faults
        </a>
      )}
    </p>
  );
}

function Figures({ now }: { now: Status }) {
  return (
    <dl class="figures" aria-label="Figures of the chain">
      <Figure id="height" name="Height" value={now.height} />
      <Figure id="delivered" name="Delivered" value={now.delivered} unit="packets" />
      <Figure id="receipts" name="Receipts" value={now.receipts} />
      <Figure id="claims" name="Claims" value={now.claims} unit="settled" />
      <Figure id="settledCredits" name="Paid to relays" value={now.settledCredits} unit="credits" />
      <Figure id="supply" name="Supply" value={now.supply} unit="credits">
        <span id="conserved" class={now.conserved ? 'mark good' : 'mark bad'}>
          {now.conserved ? 'conserved' : 'not conserved'}
        </span>
      </Figure>
    </dl>
  );
}

interface FigureProps {
  id: string;
  name: string;
  value: number;
  unit?: string;
  children?: preact.ComponentChildren;
}

function Figure({ id, name, value, unit, children }: FigureProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <b id={id}>{figure(value)}</b> {unit !== undefined && <span class="unit">{unit}</span>}
        {children}
      </dd>
    </div>
  );
}
