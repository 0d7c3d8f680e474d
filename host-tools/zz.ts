import { readFileSync } from 'node:fs';
import { EspruinoBoard } from './virtual/espruino-board.ts';
import { findRadio } from './gateway/radio-search.ts';
const code = readFileSync('build/firmware/linux-udp.js', 'latin1');
for (const c of [code, 'print("hi")']) {
  const b = new EspruinoBoard({ name: 'x', interpreter: process.env.ESPRUINO!, directory: '/tmp/zz-' + c.length, code: c });
  await b.start();
  const t = Date.now();
  console.log('radio', await findRadio([(b as any).pty.path], (l) => console.log(l)), Date.now() - t);
  await b.stop();
}
process.exit();
