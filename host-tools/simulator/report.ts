// One HTML file that holds everything about a set of runs: verdicts, plots, parameters, seed and version. No script,
// no font and no image from elsewhere, and no time of day: the same runs give the same file.
import type { Outcome } from './outcome.ts';
import { barChart, escapeHtml, lineChart } from './plot.ts';

const BLUE = '#2563eb';
const GREY = '#94a3b8';
const GREEN = '#059669';
const AMBER = '#d97706';

const STYLE = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#0f172a}
table{border-collapse:collapse;margin:1rem 0;font-size:13px}
td,th{border:1px solid #cbd5e1;padding:.25rem .5rem;text-align:right}
td:first-child,th:first-child{text-align:left}.held{background:#dcfce7}.missed{background:#fee2e2}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(24rem,1fr));gap:1rem}svg{width:100%;height:auto}
.grid{stroke:#e2e8f0}.tick{font-size:10px;fill:#475569}.title{font-size:13px;font-weight:600;fill:#0f172a}
pre{background:#f1f5f9;padding:1rem;overflow-x:auto;font-size:12px}`;

function percent(share: number | null): string {
  return share === null ? '-' : `${(100 * share).toFixed(1)} %`;
}

function verdictCell(verdict: string): string {
  const mark = verdict === 'held' || verdict === 'missed' ? ` class="${verdict}"` : '';
  return `<td${mark}>${verdict === 'does not apply' ? '-' : verdict}</td>`;
}

/** The columns of the table of scenarios: heading and cell text. */
export const COLUMNS: [heading: string, cell: (outcome: Outcome) => string][] = [
  ['scenario', (o) => o.scenario],
  ['delivered / free', (o) => percent(o.honestDeliveryRatio)],
  ['delivered', (o) => percent(o.honestDelivery)],
  ['starved', (o) => String(o.starvedHonest)],
  ['free riders', (o) => percent(o.freeRiderDelivery)],
  ['net gain (P)', (o) => (o.attackers === 0 ? '-' : (o.attackerNetGain / o.pathPrice).toFixed(1))],
  ['bound (P)', (o) => (o.attackers === 0 ? '-' : (o.attackerBound / o.pathPrice).toFixed(0))],
  ['taken (P)', (o) => (o.attackers === 0 ? '-' : (o.attackerTaken / o.pathPrice).toFixed(1))],
  ['Gini', (o) => o.gini.toFixed(2)],
  ['money / node (P)', (o) => o.moneyPerActiveNode.toFixed(0)],
  ['overhead', (o) => percent(1 - o.airtime.payload / Math.max(1, airtimeSum(o)))],
  ['ledger B / packet', (o) => o.ledgerBytesPerPacket.toFixed(2)],
];

export function airtimeSum({ airtime }: Outcome): number {
  return airtime.payload + airtime.routing + airtime.receipts + airtime.payments + airtime.control;
}

function table(outcomes: Outcome[]): string {
  const targets = Object.keys(outcomes[0]!.targets) as (keyof Outcome['targets'])[];
  const head = [...COLUMNS.map(([heading]) => heading), ...targets, 'invariants'];
  const rows = outcomes.map((outcome) => {
    const cells = COLUMNS.map(([, cell]) => `<td>${escapeHtml(cell(outcome))}</td>`);
    const verdicts = targets.map((target) => verdictCell(outcome.targets[target]));
    const sound = outcome.conserved && outcome.violations.length === 0;
    return `<tr>${cells.join('')}${verdicts.join('')}${verdictCell(sound ? 'held' : 'missed')}</tr>`;
  });
  return `<table><tr>${head.map((name) => `<th>${escapeHtml(name)}</th>`).join('')}</tr>${rows.join('\n')}</table>`;
}

function plots(outcome: Outcome): string {
  const { series, airtime } = outcome;
  const hours = `hours, 0 to ${outcome.params.hours}`;
  const delivery = [
    { name: 'this run', values: series.delivery, colour: BLUE },
    { name: 'for free', values: series.baseline, colour: GREY },
  ];
  const hops = outcome.deliveryByHops.flatMap(({ hops: distance, delivered, baseline }) => [
    { name: `${distance}`, value: delivered, colour: BLUE },
    { name: 'free', value: baseline, colour: GREY },
  ]);
  const air = Object.entries(airtime).map(([name, ms]) => ({ name, value: ms / 1000, colour: GREEN }));
  const gain = [
    { name: 'gain', value: Math.max(0, outcome.attackerNetGain) / outcome.pathPrice, colour: AMBER },
    { name: 'bound', value: outcome.attackerBound / outcome.pathPrice, colour: GREY },
  ];
  return `<section><h2>${escapeHtml(outcome.scenario)}</h2><div class="plots">${[
    lineChart('Delivered packets of honest nodes', delivery, hours, 1),
    barChart('Delivered by hops to the gateway', hops, 'hops', 1),
    lineChart('Gini of spendable money', [{ name: 'Gini', values: series.gini, colour: AMBER }], hours, 1),
    lineChart('Money per active node (P)', [{ name: 'm', values: series.money, colour: GREEN }], hours),
    barChart('Airtime (s)', air, 'purpose'),
    ...(outcome.attackers > 0 ? [barChart('Gain of the special players (P)', gain, '')] : []),
  ].join('')}</div></section>`;
}

export function reportOf(outcomes: Outcome[], version: string): string {
  const parameters = escapeHtml(JSON.stringify(outcomes[0]!.params, undefined, 1));
  const seeds = [...new Set(outcomes.map((outcome) => outcome.seed))].join(', ');
  const wrong = outcomes.flatMap(({ scenario, violations }) => violations.map((text) => `${scenario}: ${text}`));
  const title = outcomes.length === 1 ? outcomes[0]!.scenario : `${outcomes.length} runs`;
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Fairhop simulation: ${escapeHtml(title)}</title>
<style>${STYLE}</style>
<h1>Fairhop simulation: ${escapeHtml(title)}</h1>
<p>Version ${escapeHtml(version)}, seed ${escapeHtml(seeds)}. "Delivered / free" compares with everybody cooperating
for free on the same channel and seed.</p>
${table(outcomes)}
${wrong.length === 0 ? '' : `<h2>Violated invariants</h2><pre>${escapeHtml(wrong.join('\n'))}</pre>`}
${outcomes.map(plots).join('\n')}
<h2>Parameters of the first run</h2><pre>${parameters}</pre>
</html>
`;
}
