// The shape of `#radio`. The build puts the driver file there that the board's `radio.kind` asks for
// (udp-radio.ts, sx127x-radio.ts or sx126x-radio.ts) and checks it against every use.
import type { RadioPort } from '../src/mesh/ports.ts';

export declare function createRadio(): RadioPort;
