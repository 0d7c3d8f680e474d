// Replays a recorded conversation between a LoRa driver and its chip: the stimuli of the record are
// applied, the chip's answers come from the record, and every call that the driver makes is printed.
// Compiled by the firmware pipeline.
import vectors from '#vectors';
import { fromHex, toHex } from '../../../firmware/src/protocol/bytes.ts';
import { LoraEngine } from '../../../firmware/src/drivers/lora-engine.ts';
import type { LoraChip } from '../../../firmware/src/drivers/lora-engine.ts';
import type { BoardIo } from '../../../firmware/src/drivers/spi-bus.ts';
import { Sx126x } from '../../../firmware/src/drivers/sx126x-chip.ts';
import { Sx127x } from '../../../firmware/src/drivers/sx127x-chip.ts';

const answers: string[] = vectors.answers;
const callbacks: { [id: string]: () => void } = {};
let answered = 0;
let timers = 0;
let onEdge: () => void = function () {};

function send(data: any, chipSelect?: any): any {
  const single = typeof data === 'number';
  const bytes: Uint8Array = single ? new Uint8Array([data]) : data;
  print('spi ' + toHex(bytes, 0, bytes.length) + (chipSelect ? ' ' + chipSelect.name : ''));
  const answer = answers[answered++]!;
  if (answer === 'throw') throw new Error('SPI Send Error');
  const received = fromHex(answer)!;
  return single ? received[0] : received;
}

const io: BoardIo = {
  spi: { send: send },
  digitalWrite: function (pin: any, level) {
    print('write ' + pin.name + ' ' + String(level));
  },
  digitalRead: function (pin: any) {
    print('read ' + pin.name);
    return parseInt(answers[answered++]!, 10);
  },
  setWatch: function (callback, pin: any, options) {
    print('watch ' + pin.name + ' ' + options.edge);
    onEdge = callback;
    return 1;
  },
  setTimeout: function (callback, ms) {
    timers++;
    callbacks[String(timers)] = callback;
    print('timer ' + String(timers) + ' ' + String(ms));
    return timers;
  },
  clearTimeout: function (id) {
    print('clear ' + String(id));
  },
};

const wiring = vectors.wiring;
const chip: LoraChip =
  vectors.kind === 'sx1276' ? new Sx127x(io, wiring, vectors.config) : new Sx126x(io, wiring, vectors.config);
const engine = new LoraEngine(io, chip, vectors.config, true);

const stimuli: string[] = vectors.stimuli;
for (const stimulus of stimuli) {
  print('> ' + stimulus);
  const what = stimulus.substring(0, 1);
  const value = stimulus.substring(1);
  if (what === 'B') {
    engine.start(
      function (frame, rssiDbm, snrDb) {
        print('frame ' + toHex(frame, 0, frame.length) + ' ' + String(rssiDbm) + ' ' + String(snrDb));
      },
      function (sent) {
        print('sent ' + String(sent));
      },
      function (code) {
        print('fault ' + String(code));
      },
    );
  } else if (what === 'S') engine.send(fromHex(value)!);
  else if (what === 'I') onEdge();
  else callbacks[value]!();
}
