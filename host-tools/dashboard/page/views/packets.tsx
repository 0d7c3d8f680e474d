// The packets that reached the gateway, newest first. A hole in the numbers is shown as a row of its own:
// the page never pretends to have seen what it has not.
import { Fragment } from 'preact';
import type { PacketView } from '../../../gateway/view.ts';
import { boardName, clock, figure, visible } from '../format.ts';
import { connection, packets, selected } from '../store.ts';
import { Empty } from './empty.tsx';

const ROWS = 60;

export function Packets() {
  const all = packets.value;
  return (
    <section class="card packets" aria-labelledby="packets-title">
      <div class="title">
        <h2 id="packets-title">Packets</h2>
        <p>readings and messages at the gateway, newest first</p>
      </div>
      {all === null || all.length === 0 ? (
        <NoPackets known={all !== null} />
      ) : (
        <Table rows={all.slice(0, ROWS)} />
      )}
    </section>
  );
}

function NoPackets({ known }: { known: boolean }) {
  if (!known)
    return (
      <Empty
        title={
          connection.value === 'connecting' ? 'Asking the gateway …' : 'Nothing heard from the gateway'
        }
      />
    );
  return (
    <Empty title="No packet has arrived yet">
      Boards send their first reading soon after they have found a route. If none comes, check that a
      board other than the gateway's own is powered and in range.
    </Empty>
  );
}

function Table({ rows }: { rows: PacketView[] }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-labelledby="packets-title">
      <table>
        <caption class="hidden">The last {rows.length} packets</caption>
        <thead>
          <tr>
            <th scope="col" class="number wide-only">
              No.
            </th>
            <th scope="col">Time</th>
            <th scope="col">From</th>
            <th scope="col">Kind</th>
            <th scope="col" class="number">
              Hops
            </th>
            <th scope="col" class="number wide-only">
              Bytes
            </th>
            <th scope="col">Carried</th>
            <th scope="col">Content</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((packet, i) => (
            <Fragment key={packet.id}>
              <Row packet={packet} />
              <Gap missing={packet.id - (rows[i + 1]?.id ?? packet.id - 1) - 1} />
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ packet }: { packet: PacketView }) {
  return (
    <tr class={packet.src === selected.value ? 'selected' : ''} data-packet={packet.id}>
      <td class="number quiet wide-only">{packet.id}</td>
      <td class="quiet">{clock(packet.at)}</td>
      <td class="name">
        <bdi title={packet.src}>{boardName({ name: packet.name, address: packet.src })}</bdi>
      </td>
      <td>
        <span class={`kind ${packet.kind}`}>{packet.kind.replace('-', ' ')}</span>
      </td>
      <td class="number">{packet.hops}</td>
      <td class="number quiet wide-only">{packet.bytes}</td>
      <td>{packet.backed ? <span class="mark good">paid</span> : <span class="quiet">free</span>}</td>
      <td class="content">
        <bdi>{visible(packet.text, 160)}</bdi>
      </td>
    </tr>
  );
}

function Gap({ missing }: { missing: number }) {
  if (missing < 1) return null;
  return (
    <tr class="gap">
      <td colSpan={8}>{figure(missing)} packets in between are no longer kept by the gateway</td>
    </tr>
  );
}
