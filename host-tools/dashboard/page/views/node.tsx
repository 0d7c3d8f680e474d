// One board: what it said of itself over time, its neighbours with what the two owe each other, its channels on the
// ledger, its routes, and why something did not happen.
import type { BoardDetail, BoardSample } from '../../../gateway/insight/insight-view.ts';
import {
  boardName,
  clock,
  decibels,
  duration,
  figure,
  fraction,
  percent,
  signedFigure,
  visible,
} from '../format.ts';
import { Chart } from '../parts/chart.tsx';
import { Empty, Waiting } from '../parts/empty.tsx';
import { useResource } from '../parts/resource.ts';
import { Panel, Table, Tile } from '../parts/table.tsx';
import { linkTo, route } from '../route.ts';
import { mesh, selected } from '../store.ts';

const EVERY_MS = 2500;

export function NodeView() {
  const boards = mesh.value?.nodes ?? [];
  const wanted = route.value.id ?? selected.value;
  const chosen =
    boards.find(({ address }) => address === wanted) ?? boards.find(({ role }) => role === 'node') ?? boards[0];
  const { value, error } = useResource<BoardDetail>(
    chosen === undefined ? null : `/api/v1/boards/${chosen.address}`,
    EVERY_MS,
  );
  if (chosen === undefined)
    return (
      <Panel title="Node">
        <Empty title="No board is known yet">
          Plug a Fairhop board into USB, or try the mesh without hardware: <code>npx fairhop up --boards 8</code>.
        </Empty>
      </Panel>
    );
  return (
    <>
      <div class="chooser">
        <label>
          Board{' '}
          <select
            value={chosen.address}
            onChange={(event) => (location.hash = linkTo('node', event.currentTarget.value))}
          >
            {boards.map((board) => (
              <option key={board.address} value={board.address}>
                {boardName(board, 24)}
              </option>
            ))}
          </select>
        </label>
        <code>{visible(chosen.address, 20)}</code>
      </div>
      {value === null ? <Waiting error={error} /> : <Board board={value} />}
    </>
  );
}

function Board({ board }: { board: BoardDetail }) {
  const last = board.samples.at(-1);
  const unclaimed = board.neighbours.reduce((sum, { unclaimed }) => sum + unclaimed, 0);
  const pending = board.neighbours.reduce((sum, { pendingToUs }) => sum + pendingToUs, 0);
  const owed = board.neighbours.reduce((sum, { owedToUs }) => sum + owedToUs, 0);
  return (
    <>
      <dl class="tiles" data-board={board.address}>
        <Tile id="board-balance" name="Balance" value={signedFigure(board.balance)} unit="credits" />
        <Tile
          id="board-free"
          name="Free to spend"
          value={figure(board.free)}
          note={`line ${figure(board.line)}`}
        />
        <Tile name="In escrow" value={figure(board.escrow)} note="behind its open channels" />
        <Tile name="Earned, unclaimed" value={figure(unclaimed)} note="paid to it, not yet on the ledger" />
        <Tile name="Owed to it" value={fraction(owed)} note={`${fraction(pending)} more once receipts are in`} />
        <Tile
          name="On the air"
          value={last === undefined ? '\u2013' : percent(last.dutyPerMille)}
          note={
            last === undefined
              ? 'no status line yet'
              : `${figure(Math.round(last.airtimeMs / 1000))} s since its start`
          }
        />
      </dl>
      <Charts board={board} />
      <div class="columns">
        <Neighbours board={board} />
        <WhyNot board={board} />
      </div>
      <div class="columns">
        <Channels board={board} />
        <Routes board={board} />
      </div>
    </>
  );
}

const seconds = (at: string): number => Date.parse(at) / 1000;

/** Counters as a rate a minute; a board that restarted begins anew. */
function rates(samples: readonly BoardSample[], of: (sample: BoardSample) => number): (number | null)[] {
  return samples.map((sample, i) => {
    const before = samples[i - 1];
    if (before === undefined || sample.uptimeS <= before.uptimeS) return null;
    return Math.max(0, ((of(sample) - of(before)) * 60) / (sample.uptimeS - before.uptimeS));
  });
}

const whole = (value: number): string => figure(Math.round(value));

function Charts({ board: { samples, readings } }: { board: BoardDetail }) {
  const times = samples.map(({ at }) => seconds(at));
  const hasBattery = readings.some(({ batteryMv }) => batteryMv !== null);
  const readingTimes = readings.map(({ at }) => seconds(at));
  return (
    <div class="charts">
      <Chart
        title="Airtime"
        times={times}
        format={percent}
        lines={[{ name: 'on the air', colour: 'data', values: samples.map(({ dutyPerMille }) => dutyPerMille) }]}
      />
      <Chart
        title="Frames a minute"
        times={times}
        format={whole}
        lines={[
          { name: 'heard', colour: 'even', values: rates(samples, ({ received }) => received) },
          { name: 'sent', colour: 'data', values: rates(samples, ({ sent }) => sent) },
          { name: 'relayed', colour: 'earn', values: rates(samples, ({ relayed }) => relayed) },
        ]}
      />
      <Chart
        title="Memory"
        times={times}
        format={whole}
        lines={[{ name: 'variables in use', colour: 'receipt', values: samples.map(({ vars }) => vars) }]}
      />
      {hasBattery ? (
        <Chart
          title="Battery"
          times={readingTimes}
          format={(mv) => `${(mv / 1000).toFixed(2)} V`}
          lines={[{ name: 'battery', colour: 'pay', values: readings.map(({ batteryMv }) => batteryMv) }]}
        />
      ) : (
        <Chart
          title="Hops of its readings"
          times={readingTimes}
          format={whole}
          lines={[{ name: 'hops', colour: 'pay', values: readings.map(({ hops }) => hops) }]}
        />
      )}
    </div>
  );
}

function nameOf(address: string): string {
  const board = mesh.value?.nodes.find((one) => one.address === address);
  return board === undefined ? visible(address, 8) : boardName(board, 18);
}

function Named({ address }: { address: string }) {
  return (
    <a href={linkTo('node', address)}>
      <bdi>{nameOf(address)}</bdi>
    </a>
  );
}

const NEIGHBOURS = [
  { name: 'Neighbour' },
  { name: 'RSSI', number: true },
  { name: 'SNR', number: true },
  { name: 'Arrives', number: true },
  { name: 'Price', number: true, wideOnly: true },
  { name: 'Owes it', number: true },
  { name: 'It owes', number: true },
  { name: 'Unclaimed', number: true },
  { name: 'Heard', number: true, wideOnly: true },
];

function Neighbours({ board }: { board: BoardDetail }) {
  return (
    <Panel title="Neighbours" hint="signal, and what the two owe each other">
      {board.neighbours.length === 0 ? (
        <Empty title="It has reported no neighbour">
          A board reports its tables every ten seconds. Over the radio only the gateway's own board is asked;
          others answer on their own USB port (<code>fairhop monitor</code>).
        </Empty>
      ) : (
        <Table caption="Neighbours of the board" columns={NEIGHBOURS}>
          {board.neighbours.map((one) => (
            <tr key={one.address} data-neighbour={one.address}>
              <td class="name">
                <Named address={one.address} />
              </td>
              <td class="number">{decibels(one.rssiDbm, 'dBm')}</td>
              <td class="number">{decibels(one.snrDb, 'dB')}</td>
              <td class="number" title="its HELLOs here / ours there">
                {Math.round(one.qualityIn * 100)} / {Math.round(one.qualityOut * 100)} %
              </td>
              <td class="number wide-only">{one.price.toFixed(2)}</td>
              <td class="number">{fraction(one.owedToUs + one.pendingToUs)}</td>
              <td class="number">{fraction(one.owedByUs + one.pendingByUs)}</td>
              <td class="number">{figure(one.unclaimed)}</td>
              <td class="number quiet wide-only">{duration(one.heardS)}</td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}

function WhyNot({ board }: { board: BoardDetail }) {
  return (
    <Panel title="Why not" hint="what was refused or lost, and by whom">
      {board.refusals.length === 0 ? (
        <Empty title="Nothing was refused">Since the gateway started, as far as this board was heard.</Empty>
      ) : (
        <div class="reasons scroll" tabIndex={0} role="region" aria-label="What was refused">
          <ul class="counts">
            {board.refusalCounts.map(({ reason, count }) => (
              <li key={reason}>
                <b>{figure(count)}</b> <bdi>{visible(reason, 90)}</bdi>
              </li>
            ))}
          </ul>
          <ol>
            {board.refusals.slice(0, 12).map(({ at, reason }, i) => (
              <li key={i}>
                <time>{clock(at)}</time> <bdi>{visible(reason, 120)}</bdi>
              </li>
            ))}
          </ol>
        </div>
      )}
    </Panel>
  );
}

const CHANNELS = [
  { name: 'Direction' },
  { name: 'With' },
  { name: 'Chain', number: true, wideOnly: true },
  { name: 'Settled', number: true },
  { name: 'Left', number: true },
  { name: 'Ends at', number: true, wideOnly: true },
];

function Channels({ board }: { board: BoardDetail }) {
  return (
    <Panel title="Channels" hint="on the ledger, in credits">
      {board.channels.length === 0 ? (
        <Empty title="No payment channel yet">
          Two neighbours open one when packets are to be paid between them.
        </Empty>
      ) : (
        <Table caption="Payment channels of the board" columns={CHANNELS}>
          {board.channels.map((one) => {
            const pays = one.payer === board.address;
            return (
              <tr key={`${one.payer} ${one.generation} ${one.chain}`}>
                <td>
                  <span class={`kind ${pays ? 'claim' : 'gateway'}`}>{pays ? 'pays' : 'is paid'}</span>
                </td>
                <td class="name">
                  <Named address={pays ? one.payee : one.payer} />
                </td>
                <td class="number quiet wide-only">{one.chain}</td>
                <td class="number">{figure(one.settledCredits)}</td>
                <td class="number">{figure(one.escrowCredits)}</td>
                <td class="number quiet wide-only">{one.closing ? 'closing' : figure(one.expiry)}</td>
              </tr>
            );
          })}
        </Table>
      )}
    </Panel>
  );
}

const ROUTES = [{ name: 'To' }, { name: 'By' }, { name: 'Hops', number: true }, { name: 'Metric', number: true }];

function Routes({ board }: { board: BoardDetail }) {
  return (
    <Panel title="Routes" hint="airtime times price; 16 is one clean hop">
      {board.routes.length === 0 ? (
        <Empty title="No route reported">Routes come with HELLO frames of the neighbours.</Empty>
      ) : (
        <Table caption="Routes of the board" columns={ROUTES}>
          {board.routes.map((one) => (
            <tr key={one.to}>
              <td class="name">
                <Named address={one.to} />
              </td>
              <td>
                <bdi>{nameOf(one.next)}</bdi>
              </td>
              <td class="number">{one.hops}</td>
              <td class="number">{one.metric === 65535 ? 'gone' : figure(one.metric)}</td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}
