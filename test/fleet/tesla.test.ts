// The leader draw as gateways play it (ledger L7.7, L8.4), without an engine: each registers a chain of keys and
// reveals one each epoch, so that nobody alone chooses the seed; who falls silent has no slots two epochs on, and gets
// them back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signEd25519 } from '../../host-tools/crypto/index.ts';
import { TeslaKeeper } from '../../host-tools/fleet/tesla.ts';
import { Ledger, TxCode } from '../../host-tools/ledger/index.ts';
import { deps } from '../ledger/fixture.ts';
import { blockSeed, FIRST_GATEWAY, fleetGenesis, ownerOf } from './fleet-world.ts';

const GATEWAYS = 3;
const EPOCH = 10;
const addresses = Array.from({ length: GATEWAYS }, (_, i) => FIRST_GATEWAY + i);

test('who reveals is drawn, who falls silent is not, and the seed changes with what is revealed', () => {
  const ledger = Ledger.fromGenesis(deps, fleetGenesis(GATEWAYS, { epoch: EPOCH, moneyRound: EPOCH }));
  const keepers = addresses.map((address, i) => new TeslaKeeper(ledger, address, ownerOf(i).seed, blockSeed(i)));
  let slot = ledger.params.createdS;
  let said = 0;
  const leads = new Map<number, number>();
  /** Epochs in which the gateways of `speaking` send what is due. */
  const play = (epochs: number, speaking: number[]): void => {
    leads.clear();
    said = 0;
    const goal = (Math.floor((ledger.height + 1) / EPOCH) + epochs) * EPOCH - 1;
    while (ledger.height < goal) {
      const { address: producer } = ledger.leader(++slot, 0)!;
      leads.set(producer, (leads.get(producer) ?? 0) + 1);
      const candidates = speaking.flatMap((i) => keepers[i]!.due() ?? []);
      const sign = (message: Uint8Array): Uint8Array => signEd25519(blockSeed(producer - FIRST_GATEWAY), message);
      const { results } = ledger.buildBlock({ timeS: slot, producer, candidates, sign });
      said += results.length;
      assert.ok(results.every(({ code }) => code === TxCode.OK));
    }
    assert.equal(ledger.totals().conserved, true);
  };
  const weights = (): boolean[] => addresses.map((address) => ledger.gateway(address)!.weight > 0);
  const turns = (): number[] => Array.from({ length: 40 }, (_, i) => ledger.leader(slot + 1 + i, 0)!.address);

  play(4, [0, 1, 2]);
  assert.deepEqual(weights(), [true, true, true], 'a chain counts two epochs after it was registered');
  play(4, [0, 1, 2]);
  assert.equal(leads.size, GATEWAYS, 'all of them are drawn');

  play(2, [0, 1]);
  assert.deepEqual(weights(), [true, true, false]);
  assert.deepEqual(new Set(turns()), new Set(addresses.slice(0, 2)), 'the silent one has no turn');
  play(3, [0, 1, 2]);
  assert.deepEqual(weights(), [true, true, true], 'it speaks again');
  const drawn = turns();
  play(1, [0, 1, 2]);
  assert.notDeepEqual(turns(), drawn, 'another seed, another draw');
  assert.equal(said, GATEWAYS, 'each speaks once in an epoch');
});
