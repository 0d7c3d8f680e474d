// The only door of this room: symmetric cryptography in plain code, for wherever no native code is at hand.
// The interface it implements belongs to the protocol (SPEC 7.1).
import type { Crypto } from '../protocol/crypto.ts';
import { aesCtr } from './aes-ctr.ts';
import { sha256 } from './sha256.ts';

export { hkdf } from './hkdf.ts';

export const plainCrypto: Crypto = { sha256: sha256, aesCtr: aesCtr };
