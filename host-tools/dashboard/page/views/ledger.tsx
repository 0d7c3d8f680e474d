// The chain: its blocks and what is in them, accounts, channels, and a balance proven here in the browser.
import { signal } from '@preact/signals';
import type { BlockDetail, ChannelView, OwnerLine, ProofView } from '../../../gateway/insight/insight-view.ts';
import type { LedgerNodeView, ParamsView } from '../../../gateway/owner-view.ts';
import type { BlockView } from '../../../gateway/view.ts';
import { ApiError, fetchJson } from '../fetch-json.ts';
import { boardName, clock, figure, shortHash, signedFigure, visible } from '../format.ts';
import { Empty, Waiting } from '../parts/empty.tsx';
import { useResource } from '../parts/resource.ts';
import { Panel, Table } from '../parts/table.tsx';
import { bent, checkProof, type ProofVerdict } from '../proof-check.ts';
import { blocks, mesh } from '../store.ts';

const EVERY_MS = 4000;
const ROWS = 60;

const opened = signal<number | null>(null);
const proven = signal<{ view: ProofView; verdict: ProofVerdict; isBent: boolean } | ApiError | null>(null);

export function LedgerView() {
  return (
    <>
      <div class="columns">
        <Blocks />
        <div class="stack">
          <ProofPanel />
          <Accounts />
        </div>
      </div>
      <Channels />
    </>
  );
}

async function prove(id: string): Promise<void> {
  try {
    take(await fetchJson<ProofView>(`/api/v1/proofs/${id}`), false);
  } catch (error) {
    proven.value = error as ApiError;
  }
}

function take(view: ProofView, isBent: boolean): void {
  const seen = blocks.value?.find(({ height }) => height === view.height)?.hash;
  proven.value = { view, isBent, verdict: checkProof(isBent ? bent(view) : view, seen) };
}

function ProofPanel() {
  const now = proven.value;
  if (now === null)
    return (
      <Panel title="Proof" hint="checked in this browser, with the protocol's own code">
        <Empty title="Whose balance should be proven?">
          Choose “Prove” beside an account. The page asks for a proof and recomputes it down to the block's hash.
        </Empty>
      </Panel>
    );
  if (now instanceof ApiError)
    return (
      <Panel title="Proof">
        <Waiting error={now} />
      </Panel>
    );
  const { view, verdict, isBent } = now;
  return (
    <Panel
      title="Proof"
      hint={
        <>
          <code>{visible(shortId(view.id), 30)}</code> at height {figure(view.height)}
        </>
      }
      tools={
        <div class="tools">
          <button type="button" onClick={() => take(view, !isBent)}>
            {isBent ? 'Check the true one' : 'Turn one bit over'}
          </button>
        </div>
      }
    >
      <div class="proof" role="status" data-holds={verdict.holds}>
        <p class={`verdict ${verdict.holds ? 'good' : 'bad'}`}>
          {verdict.holds ? 'True' : 'False'}
          <b>{verdict.balance === null ? 'no such account' : `${signedFigure(verdict.balance)} credits`}</b>
          {isBent && <small>one bit was turned over on purpose</small>}
        </p>
        <ol>
          {verdict.steps.map((step) => (
            <li key={step.text} class={step.holds ? 'holds' : 'fails'}>
              {step.text}
            </li>
          ))}
        </ol>
        <p class="quiet">
          state root <code title={view.stateRoot}>{shortHash(view.stateRoot)}</code>, block{' '}
          <code title={view.blockHash}>{shortHash(view.blockHash)}</code>, {figure(verdict.hashes)} hashes,{' '}
          {figure(view.proof.length / 2)} bytes
        </p>
      </div>
    </Panel>
  );
}

function shortId(id: string): string {
  return id.startsWith('owner:') ? `${id.slice(0, 16)}…` : id;
}

const BLOCKS = [
  { name: 'Height', number: true },
  { name: 'Time' },
  { name: 'Hash' },
  { name: 'Txs', number: true },
  { name: 'Claims', number: true },
  { name: 'Paid', number: true },
];

function Blocks() {
  const all = blocks.value;
  return (
    <Panel title="Blocks" hint="newest first; a height opens it">
      {all === null || all.length === 0 ? (
        <Empty title={all === null ? 'No block known yet' : 'The chain has no block yet'}>
          The gateway writes the first one at its next interval. If none appears, read its log for a refused block.
        </Empty>
      ) : (
        <Table caption={`The last ${Math.min(ROWS, all.length)} blocks`} columns={BLOCKS} kind="tall">
          {all.slice(0, ROWS).map((block) => (
            <BlockRow key={block.height} block={block} />
          ))}
        </Table>
      )}
    </Panel>
  );
}

function BlockRow({ block }: { block: BlockView }) {
  const isOpen = opened.value === block.height;
  return (
    <>
      <tr class={isOpen ? 'selected' : block.claims > 0 ? 'settles' : ''} data-block={block.height}>
        <td class="number">
          <button
            type="button"
            class="plain"
            aria-expanded={isOpen}
            onClick={() => (opened.value = isOpen ? null : block.height)}
          >
            {figure(block.height)}
          </button>
        </td>
        <td class="quiet">{clock(block.at)}</td>
        <td>
          <code title={`block ${block.hash}, state root ${block.stateRoot}`}>{shortHash(block.hash)}</code>
        </td>
        <Count value={block.transactions} />
        <Count value={block.claims} />
        <Count value={block.settledCredits} />
      </tr>
      {isOpen && <BlockParts height={block.height} />}
    </>
  );
}

/** Most blocks are empty; a quiet zero lets the eye find the ones that are not. */
function Count({ value }: { value: number }) {
  return <td class={`number ${value === 0 ? 'quiet' : ''}`}>{figure(value)}</td>;
}

function BlockParts({ height }: { height: number }) {
  // A block never changes: asked once, for as long as it is open.
  const { value, error } = useResource<BlockDetail>(`/api/v1/blocks/${height}`, 3_600_000);
  return (
    <tr class="parts">
      <td colSpan={6}>
        {value === null ? (
          <Waiting error={error} />
        ) : (
          <>
            <p>
              {figure(value.bytes)} bytes, slot {figure(value.slot)}, by <code>{visible(value.producer, 20)}</code>
              {value.rank > 0 && ` standing in (rank ${value.rank})`}, after{' '}
              <code title={value.parent}>{shortHash(value.parent)}</code>
            </p>
            {value.transactions.length === 0 && <p class="quiet">No transaction: it only keeps time.</p>}
            <ul>
              {value.transactions.slice(0, 50).map((one) => (
                <li key={one.id}>
                  <span class={`kind ${one.kind}`}>{one.kind}</span> {visible(one.text, 120)}{' '}
                  <code class="quiet" title={one.id}>
                    {shortHash(one.id)}
                  </code>
                </li>
              ))}
            </ul>
          </>
        )}
      </td>
    </tr>
  );
}

interface Row {
  id: string;
  name: string;
  kind: string;
  balance: number;
  free: number | null;
}

const ACCOUNTS = [
  { name: 'Account' },
  { name: 'Kind' },
  { name: 'Balance', number: true },
  { name: 'Free', number: true, wideOnly: true },
  { name: 'Proof' },
];

function Accounts() {
  const nodes = useResource<LedgerNodeView[]>('/api/v1/nodes?limit=1000', EVERY_MS);
  const params = useResource<ParamsView>('/api/v1/params', EVERY_MS);
  const owners = useResource<OwnerLine[]>('/api/v1/owners', EVERY_MS);
  if (nodes.value === null || params.value === null || owners.value === null)
    return (
      <Panel title="Accounts">
        <Waiting error={nodes.error ?? params.error ?? owners.error} />
      </Panel>
    );
  const rows = rowsOf(nodes.value, params.value, owners.value);
  return (
    <Panel title="Accounts" hint={`${figure(rows.length)}, summing to the supply`}>
      <Table caption="Accounts of the ledger" columns={ACCOUNTS} kind="short">
        {rows.map((row) => (
          <tr key={row.id} data-account={row.id}>
            <td class="name" title={row.id}>
              <bdi>{row.name}</bdi>
            </td>
            <td>
              <span class={`kind ${row.kind}`}>{row.kind}</span>
            </td>
            <td class={`number ${row.balance < 0 ? 'spend' : row.balance > 0 ? 'earn' : ''}`}>
              {signedFigure(row.balance)}
            </td>
            <td class="number quiet wide-only">{row.free === null ? '\u2013' : figure(row.free)}</td>
            <td>
              <button
                type="button"
                class="small"
                aria-label={`Prove ${row.name}`}
                onClick={() => void prove(row.id)}
              >
                Prove
              </button>
            </td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

function rowsOf(nodes: LedgerNodeView[], params: ParamsView, owners: OwnerLine[]): Row[] {
  const names = new Map(mesh.value?.nodes.map((board) => [board.address, boardName(board)]));
  return [
    ...params.pools.map((pool) => ({
      id: `pool:${pool.number}`,
      name: poolName(pool.number),
      kind: 'pool',
      balance: pool.balance,
      free: null,
    })),
    ...owners.map((owner) => ({
      id: `owner:${owner.key}`,
      name: shortHash(owner.key),
      kind: 'owner',
      balance: owner.balance,
      free: owner.free,
    })),
    ...nodes.map((node) => ({
      id: `node:${node.address}`,
      name: names.get(node.address) ?? visible(node.address, 8),
      kind: 'node',
      balance: node.balance,
      free: node.free,
    })),
  ];
}

function poolName(number: number): string {
  return number === 0 ? 'treasury' : number === 1 ? 'global pool' : `community ${number}`;
}

const CHANNELS = [
  { name: 'Payer' },
  { name: 'Payee' },
  { name: 'Chain', number: true, wideOnly: true },
  { name: 'Links settled', number: true },
  { name: 'Limit', number: true, wideOnly: true },
  { name: 'Credits paid', number: true },
  { name: 'In escrow', number: true },
];

function Channels() {
  const { value, error } = useResource<ChannelView[]>('/api/v1/channels?limit=500', EVERY_MS);
  const names = new Map(mesh.value?.nodes.map((board) => [board.address, boardName(board)]));
  const nameOf = (address: string): string => names.get(address) ?? visible(address, 8);
  if (value === null)
    return (
      <Panel title="Channels">
        <Waiting error={error} />
      </Panel>
    );
  return (
    <Panel title="Channels" hint={`${figure(value.length)} between neighbours`}>
      {value.length === 0 ? (
        <Empty title="No payment channel is open">
          Neighbours open one when packets are to be paid between them; that takes a few packets.
        </Empty>
      ) : (
        <Table caption="Payment channels" columns={CHANNELS}>
          {value.map((one) => (
            <tr key={`${one.payer} ${one.generation} ${one.chain}`}>
              <td class="name">
                <bdi>{nameOf(one.payer)}</bdi>
              </td>
              <td class="name">
                <bdi>{nameOf(one.payee)}</bdi>
              </td>
              <td class="number quiet wide-only">{one.chain}</td>
              <td class="number">{figure(one.settled)}</td>
              <td class="number quiet wide-only">{figure(one.limit)}</td>
              <td class="number">{figure(one.settledCredits)}</td>
              <td class="number">{figure(one.escrowCredits)}</td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}
