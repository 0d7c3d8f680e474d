// The protocol's vectors on a board: one line per case, what the code makes of it with the native cryptography.
// Data: { cases } of one file of test/vectors. Compiled by the firmware pipeline only.
import vectors from '#vectors';
import { nativeCrypto } from '../../../firmware/src/drivers/native-crypto.ts';
import { runCase } from '../../vectors/run-case.ts';

const cases: { op: string; in: any }[] = vectors.cases;
for (let i = 0; i < cases.length; i++) print(String(i) + ' ' + runCase(nativeCrypto, cases[i].op, cases[i].in));
