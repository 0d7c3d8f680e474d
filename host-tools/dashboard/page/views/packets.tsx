// The packets that reached the gateway, newest first: filters, search, pause, export, and one packet taken apart. A
// hole in the numbers is shown as a row of its own: the page never pretends to have seen what it has not.
import { signal } from '@preact/signals';
import { Fragment } from 'preact';
import type { ReceiptView } from '../../../gateway/insight/insight-view.ts';
import type { PacketView } from '../../../gateway/view.ts';
import { boardName, clock, figure, fraction, visible } from '../format.ts';
import { Empty } from '../parts/empty.tsx';
import { useResource } from '../parts/resource.ts';
import { Panel, Table } from '../parts/table.tsx';
import { linkTo } from '../route.ts';
import { connection, mesh, packets } from '../store.ts';

const ROWS = 120;
const RECEIPT_EVERY_MS = 1000;
const KINDS = ['reading', 'text', 'open', 'claim', 'state-request', 'other'] as const;

/** Kept while another view is looked at. */
const filter = signal({ kind: '', src: '', carried: '', text: '' });
const paused = signal<PacketView[] | null>(null);
const opened = signal<number | null>(null);

export function PacketsView() {
  const all = paused.value ?? packets.value;
  const isFiltered = Object.values(filter.value).some((value) => value !== '');
  const rows = (all ?? []).filter(fits);
  return (
    <Panel
      title="Packets"
      kind="packets"
      hint="what reached the gateway, newest first"
      tools={<Tools all={all ?? []} />}
    >
      {all === null || all.length === 0 ? (
        <NoPackets known={all !== null} />
      ) : rows.length === 0 ? (
        <Empty title="No packet fits the filter">
          The page keeps the last {figure(all.length)}. Loosen the filter, or export everything.
        </Empty>
      ) : (
        <Rows rows={rows.slice(0, ROWS)} gaps={!isFiltered} />
      )}
    </Panel>
  );
}

function fits(packet: PacketView): boolean {
  const { kind, src, carried, text } = filter.value;
  if (kind !== '' && packet.kind !== kind) return false;
  if (src !== '' && packet.src !== src) return false;
  if (carried !== '' && packet.backed !== (carried === 'paid')) return false;
  const sought = text.trim().toLowerCase();
  return (
    sought === '' || `${packet.id} ${packet.src} ${packet.name} ${packet.text}`.toLowerCase().includes(sought)
  );
}

function Tools({ all }: { all: PacketView[] }) {
  const now = filter.value;
  const set = (change: Partial<typeof now>): void => {
    filter.value = { ...now, ...change };
  };
  const boards = mesh.value?.nodes.filter(({ role }) => role === 'node') ?? [];
  return (
    <div class="tools">
      <input
        type="search"
        aria-label="Search in packets"
        placeholder="Search"
        value={now.text}
        onInput={(event) => set({ text: event.currentTarget.value })}
      />
      <select
        aria-label="From which board"
        value={now.src}
        onChange={(event) => set({ src: event.currentTarget.value })}
      >
        <option value="">All boards</option>
        {boards.map((board) => (
          <option key={board.address} value={board.address}>
            {boardName(board, 20)}
          </option>
        ))}
      </select>
      <select
        aria-label="Which kind"
        value={now.kind}
        onChange={(event) => set({ kind: event.currentTarget.value })}
      >
        <option value="">All kinds</option>
        {KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {kind.replace('-', ' ')}
          </option>
        ))}
      </select>
      <select
        aria-label="How carried"
        value={now.carried}
        onChange={(event) => set({ carried: event.currentTarget.value })}
      >
        <option value="">Paid and free</option>
        <option value="paid">Paid</option>
        <option value="free">Free</option>
      </select>
      <button
        type="button"
        aria-pressed={paused.value !== null}
        onClick={() => (paused.value = paused.value === null ? all : null)}
      >
        {paused.value === null ? 'Pause' : 'Go on'}
      </button>
      <a class="button" href="/api/v1/packets.csv" download>
        CSV
      </a>
      <a class="button" href="/api/v1/packets.ndjson" download>
        NDJSON
      </a>
    </div>
  );
}

function NoPackets({ known }: { known: boolean }) {
  if (!known)
    return (
      <Empty
        title={connection.value === 'connecting' ? 'Asking the gateway …' : 'Nothing heard from the gateway'}
      />
    );
  return (
    <Empty title="No packet has arrived yet">
      Boards send their first reading soon after they have found a route. If none comes, check that a board other
      than the gateway's own is powered and in range.
    </Empty>
  );
}

const COLUMNS = [
  { name: 'No.', number: true, wideOnly: true },
  { name: 'Time' },
  { name: 'From' },
  { name: 'Kind' },
  { name: 'Hops', number: true },
  { name: 'Bytes', number: true, wideOnly: true },
  { name: 'Carried' },
  { name: 'Price', number: true, wideOnly: true },
  { name: 'Content' },
];

function Rows({ rows, gaps }: { rows: PacketView[]; gaps: boolean }) {
  return (
    <Table caption={`The last ${rows.length} packets that fit`} columns={COLUMNS} kind="tall">
      {rows.map((packet, i) => (
        <Fragment key={packet.id}>
          <Row packet={packet} />
          {opened.value === packet.id && <Parts packet={packet} />}
          {gaps && <Gap missing={packet.id - (rows[i + 1]?.id ?? packet.id - 1) - 1} />}
        </Fragment>
      ))}
    </Table>
  );
}

function Row({ packet }: { packet: PacketView }) {
  const isOpen = opened.value === packet.id;
  return (
    <tr class={isOpen ? 'selected' : ''} data-packet={packet.id}>
      <td class="number quiet wide-only">{packet.id}</td>
      <td class="quiet">{clock(packet.at)}</td>
      <td class="name">
        <button type="button" aria-expanded={isOpen} onClick={() => (opened.value = isOpen ? null : packet.id)}>
          <bdi title={visible(packet.src, 20)}>{boardName({ name: packet.name, address: packet.src })}</bdi>
        </button>
      </td>
      <td>
        <span class={`kind ${packet.kind}`}>{packet.kind.replace('-', ' ')}</span>
      </td>
      <td class="number">{packet.hops}</td>
      <td class="number quiet wide-only">{packet.bytes}</td>
      <td>{packet.backed ? <span class="mark good">paid</span> : <span class="quiet">free</span>}</td>
      <td class="number wide-only">{priceOf(packet)}</td>
      <td class="content">
        <bdi>{visible(packet.text, 160)}</bdi>
      </td>
    </tr>
  );
}

/** What the source promised to the first relay; a packet that only one hop carries needs no relay. */
function priceOf({ backed, path }: PacketView): string {
  const first = path[0];
  return !backed || first === undefined ? '\u2013' : fraction(first.credits);
}

function paymentOf({ backed, path }: PacketView): string {
  if (!backed) return 'carried from free airtime: nobody pays';
  const single = path.length === 1 ? ', nothing on a single hop' : '';
  return `promised by each hop to the next; owed once the receipt is back${single}`;
}

function Parts({ packet }: { packet: PacketView }) {
  const names = new Map(mesh.value?.nodes.map((board) => [board.address, boardName(board, 18)]));
  const { path, reading } = packet;
  return (
    <tr class="parts">
      <td colSpan={9}>
        <dl>
          <dt>Path</dt>
          <dd>
            {path.length === 0
              ? `${figure(packet.hops)} hops; nobody listened to the air on the way`
              : path.map(({ address, credits }) => (
                  <span class="hop" key={address}>
                    <a href={linkTo('node', address)}>
                      <bdi>{names.get(address) ?? visible(address, 8)}</bdi>
                    </a>{' '}
                    → {packet.backed && credits > 0 && <small>{fraction(credits)} </small>}
                  </span>
                ))}
            {path.length > 0 && 'gateway'}
          </dd>
          <dt>Payment</dt>
          <dd>{paymentOf(packet)}</dd>
          <dt>Receipt</dt>
          <dd>
            given by the gateway when the packet was stored; it travels back and settles each hop
            {path.length > 0 && <WayBack packet={packet} names={names} />}
          </dd>
          {reading !== null && (
            <>
              <dt>Reading</dt>
              <dd>
                number {figure(reading.number)}, up {figure(reading.uptimeS)} s,{' '}
                {reading.batteryMv === null ? 'no battery' : `battery ${(reading.batteryMv / 1000).toFixed(2)} V`},
                heard {figure(reading.received)}, relayed {figure(reading.relayed)}, {figure(reading.freeVars)}{' '}
                variables free
              </dd>
            </>
          )}
          <dt>Source</dt>
          <dd>
            <code>{visible(packet.src, 20)}</code>, its packet {figure(packet.seq)} (low 16 bits),{' '}
            {figure(packet.bytes)} bytes of ciphertext
          </dd>
        </dl>
      </td>
    </tr>
  );
}

/** Hop by hop, and when after the packet's arrival; asked for while the packet is open, because it takes a while. */
function WayBack({ packet, names }: { packet: PacketView; names: ReadonlyMap<string, string> }) {
  const { value } = useResource<ReceiptView>(`/api/v1/receipts/${packet.src}-${packet.seq}`, RECEIPT_EVERY_MS);
  // Packets of an earlier start, or older than the gateway remembers.
  if (value === null) return null;
  return (
    <p class="receipt" data-complete={value.complete}>
      gateway
      {value.steps.map(({ to, afterMs }) => (
        <span class="hop" key={to}>
          {' → '}
          <bdi>{names.get(to) ?? visible(to, 8)}</bdi> <small>{(afterMs / 1000).toFixed(1)} s</small>
        </span>
      ))}
      {value.complete ? ', back where the packet came from' : ' … on its way'}
    </p>
  );
}

function Gap({ missing }: { missing: number }) {
  if (missing < 1) return null;
  return (
    <tr class="gap">
      <td colSpan={9}>{figure(missing)} packets in between are no longer kept by the gateway</td>
    </tr>
  );
}
