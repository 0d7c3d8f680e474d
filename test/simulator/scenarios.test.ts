// Every scenario in its short form: money conserved and every other invariant held after each block and settlement,
// and each attacker within its bound. What the long runs show besides is in docs/economics.md.
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { before, describe, it } from 'node:test';
import type { Outcome } from '../../host-tools/simulator/outcome.ts';
import { SCENARIOS } from '../../host-tools/simulator/scenarios.ts';
import { sweep } from '../../host-tools/simulator/sweep.ts';
import { SHORT } from './short-form.ts';

const outcomes = new Map<string, Outcome>();

describe('scenarios, short form', () => {
  before(async () => {
    const requests = Object.keys(SCENARIOS).map((scenario) => ({ scenario, seed: 1, set: SHORT, watch: true }));
    // Two threads at most: each of them makes its own baselines.
    const threads = Math.min(2, availableParallelism());
    for (const outcome of await sweep(requests, { threads })) outcomes.set(outcome.scenario, outcome);
  });

  for (const name of Object.keys(SCENARIOS)) {
    it(`${name}: conserved, every invariant held, packets delivered`, () => {
      const outcome = outcomes.get(name)!;
      assert.deepEqual(outcome.violations, []);
      assert.equal(outcome.conserved, true);
      assert.ok(outcome.packets.delivered > 0);
      assert.ok(outcome.packets.delivered <= outcome.packets.sent);
    });
  }

  it('bounds what each attacker gains by not being honest, to a packet each', () => {
    for (const [name, { targets, attackers, attackerNetGain, attackerBound, pathPrice }] of outcomes) {
      if (targets['attacker-gain'] === 'does not apply') continue;
      // Which packets are under way at the end, and which links claimed, is chance: in minutes it shows.
      const most = attackerBound + attackers * pathPrice;
      assert.ok(attackerNetGain <= most, `${name}: ${attackerNetGain} > ${most}`);
    }
  });

  it('delivers as much for money as for free when everybody is honest', () => {
    assert.ok(outcomes.get('honest')!.honestDeliveryRatio >= 0.95);
    assert.equal(outcomes.get('honest')!.starvedHonest, 0);
    assert.equal(outcomes.get('no-incentive')!.honestDeliveryRatio, 1);
  });

  it('serves those who pay nothing worse than honest nodes', () => {
    // Defaulters pay for the first half of the run, so that so short a one says little about them.
    for (const name of ['non-payers', 'flooders']) {
      const { specialDelivery, honestDelivery } = outcomes.get(name)!;
      assert.ok(specialDelivery! < honestDelivery, `${name}: ${specialDelivery} against ${honestDelivery}`);
    }
  });

  it('settles on the ledger, and nothing where nobody pays', () => {
    assert.ok(outcomes.get('honest')!.ledger.claims > 0);
    assert.ok(outcomes.get('honest')!.packets.backedShare > 0.2);
    assert.equal(outcomes.get('no-incentive')!.ledger.opens, 0);
    assert.equal(outcomes.get('no-incentive')!.packets.backedShare, 0);
  });
});
