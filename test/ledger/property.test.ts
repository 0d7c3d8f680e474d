// Random streams of transactions, honest and hostile, over ledgers with short epochs: after every block the
// invariants hold (fixture.ts), a follower agrees, and a ledger rebuilt from its records has the same root.
// FAIRHOP_PROPERTY_RUNS sets the number of streams; the default fits an ordinary test run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeRecord, Ledger, recordKey, TxCode, TxKind } from '../../host-tools/ledger/index.ts';
import type { StateRecord } from '../../host-tools/ledger/index.ts';
import { deps } from './fixture.ts';
import { GENESIS, Streamer } from './streamer.ts';

const RUNS = Number(process.env['FAIRHOP_PROPERTY_RUNS'] ?? 20);
const STEPS = 200;
function rebuilt(ledger: Ledger, tip: Uint8Array): Ledger {
  const records: StateRecord[] = [
    ...ledger.nodes(), ...ledger.owners(), ...ledger.pools(), ...ledger.channels(), ...ledger.gateways(),
    ...ledger.proposals(), ...ledger.ballots(), ledger.counters, ledger.rates,
  ];
  const entries = records.map((record): [Uint8Array, Uint8Array] => [recordKey(record), encodeRecord(record)]);
  return Ledger.load(deps, { genesis: GENESIS, tip, records: () => entries.reverse() });
}

const kinds = new Map<string, number>();

test(`${RUNS} random streams of ${STEPS} transactions keep every invariant`, () => {
  const numbers = fc.array(fc.nat({ max: 0x7fffffff }), { minLength: STEPS * 8, maxLength: STEPS * 8 });
  fc.assert(fc.property(numbers, (stream) => {
    const streamer = new Streamer(stream);
    let tip = new Uint8Array(0);
    for (let i = 0; i < STEPS; i += 5) {
      const candidates = Array.from({ length: 5 }, () => streamer.next());
      const built = streamer.world.block(candidates);
      tip = new Uint8Array(built.block);
      built.results.forEach((result, j) => {
        const name = `${candidates[j]![0]}:${result.code === TxCode.OK ? 'ok' : 'refused'}`;
        kinds.set(name, (kinds.get(name) ?? 0) + 1);
      });
    }
    const { ledger } = streamer.world;
    const again = rebuilt(ledger, tip);
    assert.deepEqual(again.stateRoot(), ledger.stateRoot());
  }), { numRuns: RUNS, endOnFailure: true });
});

test('the streams reach every kind of transaction, accepted and refused', () => {
  for (let kind: number = TxKind.JOIN; kind <= TxKind.REVEAL; kind++) {
    assert.ok((kinds.get(`${kind}:ok`) ?? 0) > 0, `kind ${kind} was accepted`);
    assert.ok((kinds.get(`${kind}:refused`) ?? 0) > 0, `kind ${kind} was refused`);
  }
});
