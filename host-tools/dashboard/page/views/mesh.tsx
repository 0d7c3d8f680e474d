// The mesh: the live graph with its legend, the boards as a table (which is also the keyboard's way into
// the graph), the chosen board in detail, and the gateway's last words.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { LinkView, MeshView, NodeView } from '../../../gateway/view.ts';
import { boardName, clock, decibels, duration, figure, signedFigure, visible } from '../format.ts';
import type { MapNote } from '../graph/map-ground.ts';
import { MeshCanvas } from '../graph/mesh-canvas.ts';
import { connection, log, mesh, onFrame, selected } from '../store.ts';
import { Empty } from '../parts/empty.tsx';
import { Panel, Table } from '../parts/table.tsx';
import { linkTo } from '../route.ts';

export function MeshPage() {
  const now = mesh.value;
  const empty = now === null || now.nodes.length === 0;
  return (
    <Panel
      title="Mesh"
      kind="mesh"
      hint={empty ? 'who hears whom, and who earns' : hintOf(now)}
      tools={!empty && <Legend />}
    >
      {empty ? <NoBoards known={now !== null} /> : <Boards now={now} />}
      <Activity />
    </Panel>
  );
}

function hintOf(now: MeshView): string {
  const paid = now.links.filter((link) => link.payableLinks > 0).length;
  return `${now.links.length} links, ${paid} with a payment channel`;
}

function NoBoards({ known }: { known: boolean }) {
  if (!known)
    return <Empty title={connection.value === 'connecting' ? 'Asking the gateway …' : 'No board known yet'} />;
  return (
    <Empty title="No board has been heard yet">
      Plug a Fairhop board into USB, or try the mesh without hardware: <code>npx fairhop up --boards 8</code>.
    </Empty>
  );
}

function Boards({ now }: { now: MeshView }) {
  const chosen = now.nodes.find((node) => node.address === selected.value);
  return (
    <div class="boards">
      <div class="graph">
        <Graph now={now} />
        {chosen !== undefined && <Detail node={chosen} now={now} />}
      </div>
      <NodeTable nodes={now.nodes} />
    </div>
  );
}

function Graph({ now }: { now: MeshView }) {
  const holder = useRef<HTMLDivElement>(null);
  const canvas = useRef<MeshCanvas | null>(null);
  const [note, setNote] = useState<MapNote | null>(null);
  useEffect(() => {
    const choose = (address: string | null): void => void (selected.value = address);
    const graph = new MeshCanvas(holder.current!, choose, setNote);
    canvas.current = graph;
    const forgetFrames = onFrame((frame) => graph.frameOnAir(frame));
    return () => {
      forgetFrames();
      graph.close();
    };
  }, []);
  const chosen = selected.value;
  useEffect(() => canvas.current!.show(now, chosen), [now, chosen]);
  const counts = `${now.nodes.length} boards and ${now.links.length} radio links`;
  const text = `Graph of ${counts}. The table beside it has the same boards.`;
  return (
    <>
      <div class="canvas" ref={holder} role="img" aria-label={text} />
      {note !== null && <MapNotes note={note} />}
    </>
  );
}

/** Who made the map is due to be said wherever it is shown; the words are the file's, so they are text. */
function MapNotes({ note: { attribution, trouble } }: { note: MapNote }) {
  return (
    <div class="map-note" role="status">
      {trouble !== '' && <p class="trouble">{trouble}</p>}
      {attribution !== '' && (
        <p>
          Map: <bdi>{visible(attribution, 200)}</bdi>
        </p>
      )}
    </div>
  );
}

function Legend() {
  return (
    <ul class="legend" aria-label="Legend of the graph">
      <li class="scale">
        spent <i class="dot spend" />
        <i class="dot even" />
        <i class="dot earn" /> earned
      </li>
      <li>
        <i class="dash open" /> channel
      </li>
      <li>
        <i class="dash" /> radio only
      </li>
      <li>
        <i class="arrow" /> way to the gateway
      </li>
      <li>
        <i class="spark data" /> data
      </li>
      <li>
        <i class="spark receipt" /> receipt
      </li>
      <li>
        <i class="spark pay" /> payment
      </li>
      <li>
        <i class="spark control" /> control
      </li>
    </ul>
  );
}

const COLUMNS = [
  { name: 'Board' },
  { name: 'Balance', number: true },
  { name: 'Hops', number: true },
  { name: 'Delivered', number: true },
  { name: 'Heard', number: true },
];

function NodeTable({ nodes }: { nodes: NodeView[] }) {
  const rows = [...nodes].sort((a, b) => b.balance - a.balance || (a.address < b.address ? -1 : 1));
  return (
    <Table
      caption="Boards, the highest balance first; a name selects it in the graph"
      columns={COLUMNS}
      kind="nodes"
    >
      {rows.map((node) => (
        <NodeRow key={node.address} node={node} />
      ))}
    </Table>
  );
}

function NodeRow({ node }: { node: NodeView }) {
  const chosen = node.address === selected.value;
  return (
    <tr class={chosen ? 'selected' : ''} data-node={node.address}>
      <td class={`name ${node.role}`}>
        <button
          type="button"
          aria-pressed={chosen}
          onClick={() => (selected.value = chosen ? null : node.address)}
        >
          <bdi>{boardName(node)}</bdi>
        </button>
      </td>
      <td class={`number ${node.balance < 0 ? 'spend' : node.balance > 0 ? 'earn' : ''}`}>
        {signedFigure(node.balance)}
      </td>
      <td class="number">
        {node.role === 'gateway' ? '\u2013' : (node.hops ?? <span class="quiet">no route</span>)}
      </td>
      <td class="number">{figure(node.delivered)}</td>
      <td class="number quiet">{node.lastSeenS === null ? '\u2013' : duration(node.lastSeenS)}</td>
    </tr>
  );
}

function Detail({ node, now }: { node: NodeView; now: MeshView }) {
  const links = now.links.filter((link) => link.a === node.address || link.b === node.address);
  const names = new Map(now.nodes.map((other) => [other.address, boardName(other, 16)]));
  return (
    <aside class="detail" aria-label="The chosen board">
      <button type="button" class="close" aria-label="Close" onClick={() => (selected.value = null)}>
        ×
      </button>
      <h3>
        <bdi>{boardName(node)}</bdi>
      </h3>
      <p>
        {node.role}, <code>{visible(node.address, 20)}</code>, balance {signedFigure(node.balance)}
        {node.next !== null && (
          <>
            , sends by <bdi>{names.get(node.next) ?? visible(node.next, 20)}</bdi>
          </>
        )}
      </p>
      {links.length === 0 && <p>It hears no other board. Move it closer, or raise its antenna.</p>}
      <ul>
        {links.slice(0, 8).map((link) => (
          <li key={`${link.a} ${link.b}`}>
            <bdi>{names.get(link.a === node.address ? link.b : link.a)}</bdi>{' '}
            <LinkText link={link} from={node.address} />
          </li>
        ))}
        {links.length > 8 && <li class="quiet">and {links.length - 8} more</li>}
      </ul>
      <p>
        <a href={linkTo('node', node.address)}>Everything about it</a>
      </p>
    </aside>
  );
}

/** Both directions, because a link that is good one way only is what people look for. */
function LinkText({ link, from }: { link: LinkView; from: string }) {
  const [here, there] = link.a === from ? [link.rssiDbm, link.rssiBackDbm] : [link.rssiBackDbm, link.rssiDbm];
  const [out, back] = link.a === from ? [link.qualityAb, link.qualityBa] : [link.qualityBa, link.qualityAb];
  const quality = [out, back].map((share) => (share === null ? '?' : `${Math.round(share * 100)} %`)).join(' / ');
  return (
    <span class="quiet">
      hears {decibels(here, 'dBm')}, is heard {decibels(there, 'dBm')}; arrives {quality} there / here;{' '}
      {link.payableLinks > 0 ? `${figure(link.payableLinks)} links payable` : 'no channel'}
    </span>
  );
}

function Activity() {
  if (log.value.length === 0) return null;
  return (
    <ol class="activity" aria-label="What happened last">
      {log.value.map((line) => (
        <li key={line.key} class={line.level}>
          <time>{clock(line.at)}</time> <bdi>{visible(line.text, 200)}</bdi>
        </li>
      ))}
    </ol>
  );
}
