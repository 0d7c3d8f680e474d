// The last blocks of the chain, newest first.
import type { BlockView } from '../../../gateway/view.ts';
import { clock, figure, shortHash } from '../format.ts';
import { blocks } from '../store.ts';
import { Empty } from './empty.tsx';

const ROWS = 60;

export function Chain() {
  const all = blocks.value;
  return (
    <section class="card chain" aria-labelledby="chain-title">
      <div class="title">
        <h2 id="chain-title">Chain</h2>
        <p>what the gateway has settled</p>
      </div>
      {all === null || all.length === 0 ? (
        <NoBlocks known={all !== null} />
      ) : (
        <Table rows={all.slice(0, ROWS)} />
      )}
    </section>
  );
}

function NoBlocks({ known }: { known: boolean }) {
  if (!known) return <Empty title="No block known yet" />;
  return (
    <Empty title="The chain has no block yet">
      The gateway writes the first one at its next interval. If none appears, read its log for a refused
      block.
    </Empty>
  );
}

function Table({ rows }: { rows: BlockView[] }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-labelledby="chain-title">
      <table>
        <caption class="hidden">The last {rows.length} blocks</caption>
        <thead>
          <tr>
            <th scope="col" class="number">
              Height
            </th>
            <th scope="col">Time</th>
            <th scope="col">Hash</th>
            <th scope="col" class="number wide-only">
              Transactions
            </th>
            <th scope="col" class="number">
              Claims
            </th>
            <th scope="col" class="number">
              Paid
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((block) => (
            <tr key={block.height} class={block.claims > 0 ? 'settles' : ''} data-block={block.height}>
              <td class="number">{figure(block.height)}</td>
              <td class="quiet">{clock(block.at)}</td>
              <td>
                <code title={`block ${block.hash}, state root ${block.stateRoot}`}>
                  {shortHash(block.hash)}
                </code>
              </td>
              <Count value={block.transactions} wideOnly />
              <Count value={block.claims} />
              <Count value={block.settledCredits} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Most blocks are empty; a quiet zero lets the eye find the ones that are not. */
function Count({ value, wideOnly = false }: { value: number; wideOnly?: boolean }) {
  const classes = ['number', value === 0 ? 'quiet' : '', wideOnly ? 'wide-only' : ''];
  return <td class={classes.join(' ')}>{figure(value)}</td>;
}
