// Same seed, same bytes: twice in one process, and whatever the number of threads.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { reportOf } from '../../host-tools/simulator/report.ts';
import { runScenario } from '../../host-tools/simulator/run.ts';
import { gridOf, sweep } from '../../host-tools/simulator/sweep.ts';
import { TINY } from './short-form.ts';

/** Some boards' first channels and claims: bytes differ long before an economy settles. */
const SET = [...TINY, 'hours=0.2'];
const requests = gridOf(['honest', 'defaulters'], [1], [['freePerMille=1', 'freePerMille=5']], SET);

describe('determinism', () => {
  it('gives the same bytes twice, as JSON and as a report, and others for another seed', () => {
    const request = { scenario: 'honest', seed: 5, set: SET };
    const [first, second] = [runScenario(request), runScenario(request)];
    assert.equal(JSON.stringify(first), JSON.stringify(second));
    assert.equal(reportOf([first], '1'), reportOf([second], '1'));
    assert.notEqual(JSON.stringify(first.series), JSON.stringify(runScenario({ ...request, seed: 6 }).series));
  });

  it('gives the same bytes with one thread, with two and with four', async () => {
    const one = await sweep(requests, { threads: 1 });
    for (const threads of [2, 4]) {
      assert.equal(JSON.stringify(await sweep(requests, { threads })), JSON.stringify(one), `${threads} threads`);
    }
    assert.deepEqual(one.map(({ scenario, params }) => `${scenario} ${params.freePerMille}`), [
      'honest 1', 'honest 5', 'defaulters 1', 'defaulters 5',
    ]);
  });

  it('goes on where an interrupted sweep stopped, with the same result', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'fairhop-sweep-'));
    try {
      const journal = join(directory, 'journal');
      const whole = await sweep(requests.slice(0, 2), { threads: 1, journal });
      const lines = readFileSync(journal, 'utf8').split('\n');
      // One run finished and the next one's line cut short.
      writeFileSync(journal, `${lines[0]}\n${lines[1]!.slice(0, 100)}`);
      const progress: number[] = [];
      const again = await sweep(requests.slice(0, 2), { threads: 1, journal, onDone: (done) => progress.push(done) });
      assert.deepEqual(progress, [1, 2]);
      assert.equal(JSON.stringify(again), JSON.stringify(whole));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('refuses a request that makes no sense before anything runs', async () => {
    const refused = (scenario: string, set: string[], why: RegExp): Promise<void> =>
      assert.rejects(sweep([{ scenario, seed: 1, set }], { threads: 1 }), why);
    await refused('honst', [], /no scenario "honst"/);
    await refused('honest', ['node=3'], /no parameter "node"/);
    await refused('honest', ['nodes=1'], /nodes must lie/);
    await refused('honest', ['hours=much'], /needs a number/);
  });
});
