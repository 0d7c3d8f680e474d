// What other programs read: /metrics in Prometheus' format (by promtool where it is installed, by an own reading of the
// format always), CSV and NDJSON that hold every packet once, whatever names and texts there are.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { allPackets, csv, ndjson } from '../../host-tools/exports/packet-table.ts';
import { metricsText } from '../../host-tools/exports/prometheus.ts';
import type { EconomyView } from '../../host-tools/gateway/insight/insight-view.ts';
import type { PacketView } from '../../host-tools/gateway/view.ts';
import { FakeGateway, village } from '../gateway/http/fake-source.ts';

const HOSTILE = [
  '"quoted" \\ back',
  'two\nlines',
  '\ud800 half',
  '\u0000\u001b[31m',
  'x'.repeat(5000),
  '=1+1',
  'a,b',
];

const ECONOMY: EconomyView = {
  height: 9,
  supply: 1000,
  conserved: true,
  pathPrice: 416,
  linkValue: 256,
  creditLine: 1,
  nodes: 8,
  activeNodes: 7,
  giniPerMille: 123,
  moneyCentiP: 4567,
  delivery: [],
  deliveryPerMille: 875,
  starving: 1,
  pools: [{ number: 0, name: 'treasury', balance: -5, share: 0 }],
  levyLocalPerMille: 1,
  levyGlobalPerMille: 1,
  demurragePerMille: 1,
  struck: [],
  refusalCounts: [],
  series: [],
};

function metrics(): string {
  const gateway = new FakeGateway();
  gateway.view = village();
  gateway.view.nodes.forEach((node, i) => (node.name = HOSTILE[i % HOSTILE.length]!));
  const dutyPerMille = new Map([['00000002', 12]]);
  return metricsText({ status: gateway.status(), mesh: gateway.mesh(), economy: ECONOMY, dutyPerMille });
}

/** The text format 0.0.4 as its description has it: comments, then samples of the metric that was described last. */
function readMetrics(text: string): Map<string, { type: string; samples: [labels: string, value: number][] }> {
  const found = new Map<string, { type: string; samples: [string, number][] }>();
  assert.ok(text.endsWith('\n'));
  let [helped, current] = ['', ''];
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) \S.*$/.exec(line);
    const type = /^# TYPE (\S+) (counter|gauge)$/.exec(line);
    const sample =
      /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\[\\"n])*",?)+\})? (-?[\d.e+-]+|NaN)$/.exec(
        line,
      );
    if (help !== null) helped = help[1]!;
    else if (type !== null) {
      current = type[1]!;
      assert.equal(helped, current, 'HELP stands before TYPE');
      assert.ok(!found.has(current), `${current} is described once`);
      assert.equal(current.endsWith('_total'), type[2] === 'counter', `${current} is named by its type`);
      found.set(current, { type: type[2]!, samples: [] });
    } else {
      assert.ok(sample !== null && sample[1] === current, `no sample of ${current}: ${line}`);
      const { samples } = found.get(current)!;
      assert.ok(!samples.some(([labels]) => labels === (sample[2] ?? '')), `a label set stands once: ${line}`);
      samples.push([sample[2] ?? '', Number(sample[3])]);
    }
  }
  return found;
}

describe('/metrics', () => {
  it('keeps to the text format, and says the figures', () => {
    const found = readMetrics(metrics());
    const valueOf = (name: string): number => found.get(`fairhop_${name}`)!.samples[0]![1];
    assert.equal(valueOf('delivery_ratio'), 0.875);
    assert.equal(valueOf('money_per_node_paths'), 45.67);
    assert.equal(valueOf('pool_credits'), -5);
    assert.equal(valueOf('board_airtime_ratio'), 0.012);
    assert.equal(found.get('fairhop_board_balance_credits')!.samples.length, 8);
    assert.equal(found.get('fairhop_link_rssi_dbm')!.samples.length, village().links.length);
  });

  const promtool = spawnSync('promtool', ['--version']).error === undefined;
  const skip = promtool ? false : 'needs promtool: apt-get install prometheus';
  it('passes promtool', { skip }, () => {
    const run = spawnSync('promtool', ['check', 'metrics'], { input: metrics(), encoding: 'utf8' });
    assert.deepEqual([run.status, run.stdout + run.stderr], [0, '']);
  });
});

/** RFC 4180, read back. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quoted && c === '"' && text[i + 1] === '"') cell += text[++i];
    else if (c === '"') quoted = !quoted;
    else if (!quoted && (c === ',' || c === '\n')) {
      rows.at(-1)!.push(cell.replace(/\r$/, ''));
      cell = '';
      if (c === '\n') rows.push([]);
    } else cell += c;
  }
  assert.equal(quoted, false);
  assert.deepEqual(rows.pop(), []);
  return rows;
}

describe('the packet exports', () => {
  const gateway = new FakeGateway();
  for (let i = 0; i < 1203; i++) gateway.addPacket({ text: HOSTILE[i % HOSTILE.length]! });
  const pageAfter = (after: number, limit: number): PacketView[] =>
    gateway.kept.packets.filter(({ id }) => id > after).slice(0, limit);

  it('hold every packet once, oldest first, a page at a time', () => {
    const pages = [...allPackets(pageAfter)];
    assert.deepEqual(
      pages.map((page) => page.length),
      [500, 500, 203],
    );
    const lines = [...ndjson(allPackets(pageAfter))].join('').trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line) as PacketView),
      gateway.kept.packets,
    );
  });

  it('are read back from CSV cell by cell, and no cell is a formula', () => {
    const [head, ...rows] = readCsv([...csv(allPackets(pageAfter))].join(''));
    const column = head!.indexOf('text');
    assert.equal(rows.length, 1203);
    assert.ok(rows.every((row) => row.length === head!.length));
    rows.forEach((row, i) => {
      const said = HOSTILE[i % HOSTILE.length]!;
      assert.equal(row[column], said.startsWith('=') ? `'${said}` : said);
      assert.equal(row[0], String(i + 1));
    });
    assert.ok(rows.flat().every((cell) => !/^[=+@]/.test(cell)));
  });
});
