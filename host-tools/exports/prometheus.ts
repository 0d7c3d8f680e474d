// The gateway's figures for Prometheus, in its text exposition format 0.0.4. Pure: figures in, text out; twenty gauges
// need no library. Knows no HTTP; http/export-routes.ts serves it at /metrics.
import type { EconomyView } from '../gateway/insight/insight-view.ts';
import type { MeshView, NodeView, Status } from '../gateway/view.ts';

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export interface MetricsInput {
  status: Status;
  mesh: MeshView;
  economy: EconomyView;
  /** Share of the time on the air, in thousandths, of boards that said so. */
  dutyPerMille: ReadonlyMap<string, number>;
}

type Labels = Record<string, string>;
interface Sample {
  labels?: Labels | undefined;
  value: number;
}

type Metric = [type: 'gauge' | 'counter', name: string, help: string, samples: Sample[]];

const one = (value: number): Sample[] => [{ value }];

/** Ends with a newline, as the format wants. Names end in their unit; counters in _total. */
export function metricsText(input: MetricsInput): string {
  const metrics = [...chainMetrics(input.status), ...economyMetrics(input.economy), ...boardMetrics(input)];
  const lines = metrics.flatMap(([type, name, help, samples]) => [
    `# HELP fairhop_${name} ${help}`,
    `# TYPE fairhop_${name} ${type}`,
    ...samples.map(({ labels = {}, value }) => `fairhop_${name}${labelText(labels)} ${numberText(value)}`),
  ]);
  return `${lines.join('\n')}\n`;
}

function chainMetrics(status: Status): Metric[] {
  const { version, boards, engine, ledgerId: ledger } = status;
  const info = [{ labels: { version, boards, engine, ledger }, value: 1 }];
  return [
    ['gauge', 'gateway_info', 'What runs here; the value is 1.', info],
    ['gauge', 'uptime_seconds', 'Since the gateway started.', one(status.uptimeS)],
    ['gauge', 'chain_height', 'Height of the newest block.', one(status.height)],
    ['gauge', 'chain_conserved', 'Whether all balances sum to the supply: 1 or 0.', one(Number(status.conserved))],
    ['gauge', 'supply_credits', 'Credits that exist.', one(status.supply)],
    ['counter', 'packets_delivered_total', 'Packets that reached the gateway.', one(status.delivered)],
    ['counter', 'receipts_total', 'Receipts given.', one(status.receipts)],
    ['counter', 'payments_total', 'Payments seen between boards.', one(status.payments)],
    ['counter', 'claims_total', 'Claims settled on the chain.', one(status.claims)],
    ['counter', 'settled_credits_total', 'Credits settled on the chain.', one(status.settledCredits)],
    ['counter', 'faults_total', 'Faults that the gateway noticed.', one(status.faults)],
  ];
}

function economyMetrics(economy: EconomyView): Metric[] {
  const pools = economy.pools.map(({ name, balance }) => ({ labels: { pool: name }, value: balance }));
  return [
    ['gauge', 'nodes', 'Nodes on the ledger.', one(economy.nodes)],
    ['gauge', 'nodes_active', 'Nodes with a claim in the last epoch.', one(economy.activeNodes)],
    ['gauge', 'nodes_starving', 'Boards with under a tenth of their readings delivered.', one(economy.starving)],
    ['gauge', 'delivery_ratio', 'Readings arrived, of those made.', one(economy.deliveryPerMille / 1000)],
    ['gauge', 'gini_ratio', 'Of what each node can spend.', one(economy.giniPerMille / 1000)],
    ['gauge', 'money_per_node_paths', 'Spendable money a node, in path prices.', one(economy.moneyCentiP / 100)],
    ['gauge', 'pool_credits', 'Balance of a pool.', pools],
  ];
}

function boardMetrics({ mesh, dutyPerMille }: MetricsInput): Metric[] {
  const each = (of: (node: NodeView) => number | null | undefined): Sample[] =>
    mesh.nodes.flatMap((node) => {
      const value = of(node);
      const labels = { address: node.address, name: node.name };
      return value === null || value === undefined ? [] : [{ labels, value }];
    });
  const duty = each(({ address }) => dutyPerMille.get(address));
  for (const sample of duty) sample.value /= 1000;
  const heard = mesh.links.filter(({ rssiDbm }) => rssiDbm !== null);
  const links = heard.map(({ a, b, rssiDbm }) => ({ labels: { a, b }, value: rssiDbm! }));
  return [
    ['gauge', 'board_balance_credits', 'Balance of a board.', each(({ balance }) => balance)],
    ['counter', 'board_delivered_total', 'Packets of a board that arrived.', each(({ delivered }) => delivered)],
    ['gauge', 'board_heard_seconds', 'Since a packet of the board arrived.', each(({ lastSeenS }) => lastSeenS)],
    ['gauge', 'board_airtime_ratio', 'Share of the time on the air.', duty],
    ['gauge', 'link_rssi_dbm', 'Signal of b as a hears it.', links],
  ];
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** The format's three escapes. Other control characters, and halves of characters, are not text in UTF-8. */
function escaped(value: string): string {
  return value
    .slice(0, 120)
    .replace(/[\p{Cs}\u0000-\u0009\u000b-\u001f\u007f]/gu, ' ')
    .replace(/\\/g, '\\\\')
    .replace(/"/g, '\\"')
    .replace(/\n/g, '\\n');
}

function numberText(value: number): string {
  return Number.isFinite(value) ? String(value) : 'NaN';
}
