// Who may write which block (SPEC L8.4): rotation for few owners, a weighted draw for many, refusal of all others.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ed25519PublicKey, nodeCrypto, signEd25519 } from '../../host-tools/crypto/index.ts';
import { BlockCode, deskProfile, encodeGenesis, Ledger, StateKind } from '../../host-tools/ledger/index.ts';
import type { Gateway } from '../../host-tools/ledger/index.ts';
import { leaderAt } from '../../host-tools/ledger/rules/leaders.ts';
import { State } from '../../host-tools/ledger/state.ts';
import { deps, person } from './fixture.ts';

function gateway(address: number, owner: number, weight: number): Gateway {
  return {
    kind: StateKind.GATEWAY, address, owner: person(owner).key, blockKey: person(100 + address).key,
    teslaAnchor: new Uint8Array(16), anchorSlot: 0, registered: 0, admitted: 1, strikes: 0, genesis: 1, revealed: 0,
    weight,
  };
}

function stateWith(gateways: Gateway[]): State {
  const state = new State();
  for (const one of gateways) state.place(one);
  return state;
}

const addressAt = (state: State, slot: number, rank: number): number | undefined =>
  leaderAt(nodeCrypto, state, slot, rank)?.address;

test('fewer than three owners take turns, whatever their weights', () => {
  const state = stateWith([gateway(5, 1, 1000), gateway(3, 2, 1), gateway(9, 2, 1)]);
  assert.deepEqual([0, 1, 2, 3].map((slot) => addressAt(state, slot, 0)), [3, 5, 9, 3]);
  assert.deepEqual([0, 1, 2, 3].map((rank) => addressAt(state, 0, rank)), [3, 5, 9, undefined]);
});

test('three owners are drawn by weight, every rank another gateway, none without weight', () => {
  const state = stateWith([gateway(1, 1, 600), gateway(2, 2, 300), gateway(3, 3, 100), gateway(4, 3, 0)]);
  const leads = new Map<number, number>();
  const slots = 3000;
  for (let slot = 0; slot < slots; slot++) {
    const ranks = [0, 1, 2].map((rank) => addressAt(state, slot, rank)!);
    assert.deepEqual([...ranks].sort(), [1, 2, 3]);
    assert.equal(addressAt(state, slot, 3), undefined);
    leads.set(ranks[0]!, (leads.get(ranks[0]!) ?? 0) + 1);
  }
  // The draw is a hash of fixed inputs, so these counts are the same on every machine; 3 % is four deviations.
  for (const [address, share] of [[1, 0.6], [2, 0.3], [3, 0.1]] as const) {
    assert.ok(Math.abs(leads.get(address)! / slots - share) < 0.03, `${address}: ${leads.get(address)}`);
  }
});

test('without any weight three owners rotate, and nobody is left out', () => {
  const state = stateWith([gateway(1, 1, 0), gateway(2, 2, 0), gateway(3, 3, 0)]);
  assert.deepEqual([0, 1, 2].map((slot) => addressAt(state, slot, 0)), [1, 2, 3]);
});

test('a block by a gateway whose turn it is not is refused', () => {
  const seeds = [1, 2].map((number) => new Uint8Array(32).fill(200 + number));
  const genesis = encodeGenesis(deskProfile({
    createdS: 1_700_000_000, salt: new Uint8Array(16), ownerKeys: [person(1).key, person(2).key],
    gateways: seeds.map((seed, i) => ({
      owner: i, address: 10 + i, blockKey: ed25519PublicKey(seed), teslaAnchor: new Uint8Array(16),
    })),
  }));
  const timeS = 1_700_000_002;
  const request = (address: number, signer: number, rank: number) => ({
    timeS, rank, producer: address, candidates: [],
    sign: (message: Uint8Array) => signEd25519(seeds[signer]!, message),
  });
  const make = (): Ledger => Ledger.fromGenesis(deps, genesis);
  assert.throws(() => make().buildBlock(request(11, 1, 0)), /not the turn/);
  const { block } = make().buildBlock(request(10, 0, 0));
  assert.equal(make().applyBlock(block).code, BlockCode.OK);
  assert.equal(make().applyBlock(make().buildBlock(request(11, 1, 1)).block).code, BlockCode.OK, 'the stand-in');
  const forged = make().buildBlock(request(10, 1, 0)).block;
  assert.equal(make().applyBlock(forged).code, BlockCode.BAD_SIGNATURE, 'with another gateway\'s key');
  const wrongRank = block.slice();
  wrongRank[1 + 4 + 32 + 4] = 1;
  assert.equal(make().applyBlock(wrongRank).code, BlockCode.WRONG_PRODUCER);
});
