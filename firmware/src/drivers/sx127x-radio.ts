// `#radio` for boards with an SX1276, 77, 78 or 79: takes pins and facts from the board it runs on and puts
// bus, chip and engine together. The tests build the same parts on a register-level model.
import board from '#board';
import type { RadioPort } from '../mesh/ports.ts';
import { boardIo, readLoraConfig, wired } from './board-io.ts';
import { LoraEngine } from './lora-engine.ts';
import { Sx127x } from './sx127x-chip.ts';

export function createRadio(): RadioPort {
  const pins = board.pins;
  const stored = readLoraConfig(7);
  const io = boardIo();
  const wiring = {
    cs: wired(pins.cs),
    reset: wired(pins.reset),
    dio0: wired(pins.dio0),
    rxEnable: pins.rxEnable,
    txEnable: pins.txEnable,
    paBoost: board.radio.paBoost,
  };
  return new LoraEngine(io, new Sx127x(io, wiring, stored.config), stored.config, stored.good);
}
