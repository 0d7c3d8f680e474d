// `#radio` for boards with an SX1261, SX1262 or SX1268: takes pins and facts from the board it runs on and
// puts bus, chip and engine together. The tests build the same parts on a register-level model.
import board from '#board';
import type { RadioPort } from '../mesh/ports.ts';
import { boardIo, readLoraConfig, wired } from './board-io.ts';
import { LoraEngine } from './lora-engine.ts';
import { Sx126x } from './sx126x-chip.ts';

export function createRadio(): RadioPort {
  const pins = board.pins;
  const stored = readLoraConfig(5);
  const io = boardIo();
  const wiring = {
    cs: wired(pins.cs),
    reset: wired(pins.reset),
    busy: wired(pins.busy),
    dio1: wired(pins.dio1),
    rxEnable: pins.rxEnable,
    txEnable: pins.txEnable,
    dio2RfSwitch: board.radio.dio2RfSwitch,
    tcxoDecivolts: board.radio.tcxoDecivolts,
    dcdc: board.radio.dcdc,
    lowPower: board.radio.kind === 'sx1261',
  };
  return new LoraEngine(io, new Sx126x(io, wiring, stored.config), stored.config, stored.good);
}
