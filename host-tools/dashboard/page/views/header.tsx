// The head of the page: what runs, whether the page is live, and the figures of the chain.
import type { Status } from '../../../gateway/view.ts';
import { duration, figure } from '../format.ts';
import { connection, status, type Connection } from '../store.ts';

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
        <img src="/icon.svg" alt="" width="36" height="36" />
        <div class="brand">
          <h1>Fairhop</h1>
          <p>The mesh that pays its relays</p>
        </div>
        {now !== null && <Running now={now} />}
        <p class={`pill connection ${connection.value}`} role="status">
          {CONNECTION_TEXT[connection.value]}
        </p>
      </div>
      {now !== null && <Figures now={now} />}
    </header>
  );
}

function Running({ now }: { now: Status }) {
  const plural = now.nodes === 1 ? 'board' : 'boards';
  return (
    <p class="running">
      <span class="pill">
        {figure(now.nodes)} {now.boards} {plural}
      </span>
      <span class="pill">{now.engine === 'serial' ? 'on USB' : `engine ${now.engine}`}</span>
      <span class="pill wide-only">up {duration(now.uptimeS)}</span>
      {now.faults > 0 && (
        <span class="pill fault">{figure(now.faults)} faults, see the gateway's log</span>
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
      <dt>
        {name} {children}
      </dt>
      <dd>
        <b id={id}>{figure(value)}</b> {unit !== undefined && <span class="unit">{unit}</span>}
      </dd>
    </div>
  );
}
