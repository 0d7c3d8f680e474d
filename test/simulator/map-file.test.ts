// Maps of one's own: what is read is what was written, and nothing else is simulated.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseMap } from '../../host-tools/simulator/map-file.ts';
import { paramsOf, runScenario } from '../../host-tools/simulator/run.ts';
import { TINY } from './short-form.ts';

const STATIONS = [
  { x: 0, y: 0 }, { x: 300, y: 10.5, gateway: true }, { x: 600, y: 0 }, { x: 900, y: -20, gateway: false },
];

function refused(text: string): string {
  try {
    parseMap(text);
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
  return 'taken';
}

describe('a map file', () => {
  it('gives positions in their order, gateways first', () => {
    const map = parseMap(JSON.stringify({ stations: STATIONS }));
    assert.equal(map.gateways, 1);
    assert.deepEqual(map.positions, [{ x: 300, y: 10.5 }, { x: 0, y: 0 }, { x: 600, y: 0 }, { x: 900, y: -20 }]);
  });

  it('is refused in a sentence that names what is wrong', () => {
    const one = (station: unknown): string => refused(JSON.stringify({ stations: [station, { x: 1, y: 1 }] }));
    assert.match(refused('{'), /not JSON/);
    assert.match(refused('[]'), /no list "stations"/);
    assert.match(refused('null'), /no list "stations"/);
    assert.match(refused('{"stations": []}'), /2 to 20000 stations, not 0/);
    assert.match(one('here'), /station 1 is not an object/);
    assert.match(one({ x: 1 }), /station 1: x and y are metres/);
    assert.match(one({ x: '1', y: 2 }), /station 1: x and y are metres/);
    assert.match(one({ x: 1e7, y: 2 }), /station 1: x and y are metres/);
    assert.match(one({ x: 1, y: 2, z: 3 }), /no field "z"/);
    assert.match(one({ x: 1, y: 2, gateway: 'yes' }), /true or false/);
    assert.match(one({ x: 1, y: 2 }), /"gateway": true/);
  });

  it('is what a run stands on', () => {
    const map = parseMap(JSON.stringify({ stations: STATIONS }));
    const outcome = runScenario({ scenario: 'no-incentive', seed: 1, set: TINY.slice(1), map });
    assert.equal(outcome.nodes, 4);
    assert.deepEqual(outcome.params.map, map.positions);
    assert.ok(outcome.honestDelivery > 0.9);
    assert.throws(() => paramsOf({ scenario: 'honest', seed: 1, set: ['nodes=5'], map }), /another number of nodes/);
    assert.throws(() => paramsOf({ scenario: 'honest', seed: 1, set: ['map=x'] }), /--map FILE/);
  });
});
