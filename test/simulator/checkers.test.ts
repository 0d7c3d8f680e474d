// The checkers themselves: each must be able to fail, or a clean run would prove nothing.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Acc, Pn } from '#mesh';
import { nodeCrypto } from '../../host-tools/crypto/index.ts';
import { Prng } from '../../host-tools/ether/prng.ts';
import { Checkers } from '../../host-tools/simulator/checkers.ts';
import { fastCrypto } from '../../host-tools/simulator/fast-crypto.ts';
import { randomBytes } from '../../host-tools/simulator/founding.ts';
import { gini } from '../../host-tools/simulator/money.ts';
import { paramsOf, play } from '../../host-tools/simulator/run.ts';
import { TINY } from './short-form.ts';

const { scenario, params } = paramsOf({ scenario: 'honest', seed: 3, set: TINY });

describe('checkers', () => {
  const { world } = play(scenario, params, 3, true);

  function complaints(damage: () => () => void): string {
    const repair = damage();
    const checkers = new Checkers();
    checkers.atEnd(world);
    repair();
    return checkers.violations.join('\n');
  }

  it('find nothing in a sound world', () => {
    assert.equal(complaints(() => () => {}), '');
  });

  it('find money from nowhere, an account below its line and escrow without a channel', () => {
    const node = world.chain.ledger.account(world.nodes[2]!.address)!;
    const change = (field: 'balance' | 'escrow', by: number) => () => {
      node[field] += by;
      return () => void (node[field] -= by);
    };
    assert.match(complaints(change('balance', 1)), /balances sum to/);
    assert.match(complaints(change('balance', -1_000_000_000)), /below its line/);
    assert.match(complaints(change('escrow', 1)), /escrow/);
  });

  it('find links that nobody gave and a promise below zero', () => {
    const payee = world.nodes.find((node) => node.mesh.core.accounts.u16(0, Acc.IN_LINKS) > 0)!;
    const { accounts } = payee.mesh.core;
    assert.match(complaints(() => {
      const links = accounts.u16(0, Acc.IN_LINKS);
      accounts.setU16(0, Acc.IN_LINKS, links + 100);
      return () => accounts.setU16(0, Acc.IN_LINKS, links);
    }), /holds \d+ links/);
    assert.match(complaints(() => {
      const promised = accounts.i32(0, Acc.IN_PENDING);
      accounts.add(0, Acc.IN_PENDING, -promised - 1);
      return () => void accounts.add(0, Acc.IN_PENDING, promised + 1);
    }), /negative promises/);
  });

  it('find a node that is too long on the air', () => {
    assert.match(complaints(() => {
      const { dutyPerMille } = world.params;
      world.params.dutyPerMille = 0;
      return () => void (world.params.dutyPerMille = dutyPerMille);
    }), /on the air/);
  });

  it('find a book that was used up', () => {
    assert.match(complaints(() => {
      const { chains } = world.params;
      world.params.chains = 0;
      return () => void (world.params.chains = chains);
    }), /set chains higher/);
  });

  it('find a packet that one upstream pays twice', () => {
    const checkers = new Checkers();
    const node = world.nodes[3]!;
    checkers.watch(node.player).prepare!(node);
    const { settlement } = node.mesh;
    settlement.pending.table.fill(0);
    const budget = Pn.IN + 1;
    settlement.pending.table[budget] = 9;
    const parts = settlement as unknown as { settleUp(index: number): void };
    parts.settleUp(0);
    assert.deepEqual(checkers.violations, []);
    parts.settleUp(0);
    assert.match(checkers.violations.join(), /paid twice/);
  });
});

describe('the simulator\'s cryptography', () => {
  it('answers as node:crypto does, for all lengths around the block', () => {
    const prng = new Prng(1);
    for (let length = 0; length < 200; length++) {
      const parts = [randomBytes(prng, length), randomBytes(prng, length % 67)];
      assert.deepEqual(fastCrypto.sha256(parts), nodeCrypto.sha256(parts));
      const [key, counter] = [randomBytes(prng, 16), randomBytes(prng, 16)];
      if (length % 3 === 0) counter.fill(255, 2);
      assert.deepEqual(fastCrypto.aesCtr(key, counter, parts[0]!), nodeCrypto.aesCtr(key, counter, parts[0]!));
    }
  });
});

describe('gini', () => {
  it('is 0 for equal shares, near 1 for one owner, and what the textbook says between', () => {
    assert.equal(gini([5, 5, 5, 5]), 0);
    assert.equal(gini([0, 0, 0, 4]), 0.75);
    assert.equal(gini([1, 3]), 0.25);
    assert.equal(gini([0, 0]), 0);
  });
});
