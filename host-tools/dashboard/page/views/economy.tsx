// The economy: who is served, how money is spread, what the pools hold, what was refused.
import type { EconomyView as Economy } from '../../../gateway/insight/insight-view.ts';
import { boardName, figure, percent, visible } from '../format.ts';
import { EconomyCharts } from '../parts/economy-charts.tsx';
import { Empty, Waiting } from '../parts/empty.tsx';
import { useResource } from '../parts/resource.ts';
import { Panel, Table, Tile } from '../parts/table.tsx';

const EVERY_MS = 3000;

export function EconomyView() {
  const { value, error } = useResource<Economy>('/api/v1/economy', EVERY_MS);
  if (value === null)
    return (
      <Panel title="Economy">
        <Waiting error={error} />
      </Panel>
    );
  return (
    <>
      <Tiles now={value} />
      <EconomyCharts
        times={value.series.map(({ at }) => Date.parse(at) / 1000)}
        points={value.series}
        paid={value.series.map(({ settledCredits }) => settledCredits)}
      />
      <div class="columns">
        <Served now={value} />
        <div class="stack">
          <Pools now={value} />
          <Refused now={value} />
        </div>
      </div>
    </>
  );
}

const perP = (centiP: number): string => `${(centiP / 100).toFixed(1)} P`;

function Tiles({ now }: { now: Economy }) {
  const held = now.pools.reduce((sum, { balance }) => sum + balance, 0);
  return (
    <dl class="tiles">
      <Tile
        id="economy-delivery"
        name="Delivery"
        value={percent(now.deliveryPerMille)}
        note="of numbered readings"
      />
      <Tile
        name="Starving"
        value={figure(now.starving)}
        unit={now.starving === 1 ? 'board' : 'boards'}
        note="under a tenth delivered"
      />
      <Tile
        id="economy-gini"
        name="Gini"
        value={(now.giniPerMille / 1000).toFixed(3)}
        note="0 is equal, of what each can spend"
      />
      <Tile
        name="Money a node"
        value={perP(now.moneyCentiP)}
        note={`P, a three-hop packet, is ${figure(now.pathPrice)}`}
      />
      <Tile
        name="Active"
        value={`${figure(now.activeNodes)} of ${figure(now.nodes)}`}
        note="claimed or joined this epoch"
      />
      <Tile
        id="economy-pools"
        name="In pools"
        value={figure(held)}
        note={`supply ${figure(now.supply)}; nodes may owe`}
      />
    </dl>
  );
}

const SERVED = [
  { name: 'Board' },
  { name: 'Readings made', number: true },
  { name: 'Arrived', number: true },
  { name: 'Share', number: true },
];

function Served({ now }: { now: Economy }) {
  const rows = [...now.delivery].sort((a, b) => a.delivered / a.sent - b.delivered / b.sent);
  return (
    <Panel title="Delivery by board" hint="worst first">
      {rows.length === 0 ? (
        <Empty title="No reading has arrived yet">Delivery is reckoned from the numbers in readings.</Empty>
      ) : (
        <Table caption="Delivery by board, the worst first" columns={SERVED} kind="tall">
          {rows.map((one) => (
            <tr key={one.address}>
              <td class="name">
                <bdi>{boardName(one)}</bdi>
              </td>
              <td class="number">{figure(one.sent)}</td>
              <td class="number">{figure(one.delivered)}</td>
              <td class="number">
                <meter min={0} max={one.sent} value={one.delivered} aria-label={`Share of ${boardName(one)}`} />{' '}
                {percent(Math.round((1000 * one.delivered) / one.sent))}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  );
}

const POOLS = [{ name: 'Pool' }, { name: 'Balance', number: true }, { name: 'Share', number: true }];

function Pools({ now }: { now: Economy }) {
  const { levyLocalPerMille, levyGlobalPerMille, demurragePerMille } = now;
  const idle = `demurrage ${percent(demurragePerMille)}`;
  return (
    <Panel
      title="Pools and levy"
      hint={`levy ${percent(levyLocalPerMille)} local, ${percent(levyGlobalPerMille)} global; ${idle}`}
    >
      <Table caption="Pools and their balances" columns={POOLS}>
        {now.pools.map((pool) => (
          <tr key={pool.number}>
            <td class="name">{visible(pool.name, 30)}</td>
            <td class="number">{figure(pool.balance)}</td>
            <td class="number quiet">{pool.share === 0 ? '\u2013' : figure(pool.share)}</td>
          </tr>
        ))}
      </Table>
    </Panel>
  );
}

function Refused({ now }: { now: Economy }) {
  return (
    <Panel title="Struck and refused" hint="gateways with strikes, and what boards would not do">
      {now.struck.length === 0 && now.refusalCounts.length === 0 && <Empty title="Nobody was refused anything" />}
      <ul class="counts">
        {now.struck.map((one) => (
          <li key={one.address}>
            <b>{one.strikes}</b> strikes against gateway <code>{visible(one.address, 8)}</code>
            {!one.admitted && ', which is out'}
          </li>
        ))}
        {now.refusalCounts.map((one) => (
          <li key={one.reason}>
            <b>{figure(one.count)}</b> <bdi>{visible(one.reason, 90)}</bdi>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
