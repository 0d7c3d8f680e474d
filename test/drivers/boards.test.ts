// The board files of the radio boards: each loads, says where its facts come from and what was never tried, and fits
// the limits of its radio chip.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualScheduler } from '../../host-tools/ether/scheduler.ts';
import { boardIds, loadBoard } from '../../host-tools/firmware-build/boards.ts';
import { attachRadio } from '../../host-tools/radio-models/attach-radio.ts';

const AIR = { transmit: () => {}, abort: () => {}, busy: () => false };
const radioBoards = boardIds().map((id) => loadBoard(id)).filter(({ radio }) => radio.kind !== 'udp');

test('all the promised boards are there', () => {
  const promised = [
    'generic-esp32-rfm95', 'heltec-wifi-lora32-v2', 'heltec-wifi-lora32-v3', 't-beam-sx1262-v1.1', 't-beam-v1.1',
    't3-s3', 'ttgo-lora32-v2.1',
  ];
  assert.deepEqual(radioBoards.map(({ id }) => id), promised);
});

for (const board of radioBoards) {
  test(`${board.id}: sources, doubts, and a radio that its model accepts`, () => {
    assert.ok(board.sources.length >= 3);
    assert.ok(board.untried.some((text) => /hardware/.test(text)));
    const is126x = board.radio.kind.startsWith('sx126');
    assert.ok(board.radio.txPowerDbmMax <= (is126x ? 22 : 20));
    assert.equal(board.battery === undefined || board.pmu === undefined, true, 'one way to measure the battery');
    const radio = attachRadio(board, new VirtualScheduler(), AIR);
    const { sck, miso, mosi } = board.pins;
    const spi = radio.globals.SPI1 as { setup(options: object): void };
    spi.setup({ sck, miso, mosi, baud: board.radio.spiBaud, mode: 0 });
    assert.deepEqual(radio.model.violations, []);
    spi.setup({ sck: miso, miso: sck, mosi, baud: 20_000_000, mode: 1 });
    assert.equal(radio.model.violations.length, 4, 'and the model notices wrong wiring, speed and mode');
  });
}
