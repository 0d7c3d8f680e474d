// The byte helpers that every frame and record is built with, at the edges of their ranges.
// Compiled by the firmware pipeline only.
import {
  copyBytes,
  cut,
  equalBytes,
  fromHex,
  getI48,
  getU16,
  getU32,
  putI48,
  putU16,
  putU32,
  toHex,
} from '../../../firmware/src/protocol/bytes.ts';

const buffer = new Uint8Array(12);

for (const value of [0, 1, 255, 256, 65535]) {
  putU16(buffer, 1, value);
  print('u16 ' + toHex(buffer, 0, 4) + ' ' + String(getU16(buffer, 1)));
}
for (const value of [0, 1, 65536, 2147483647, 2147483648, 4294967295]) {
  putU32(buffer, 3, value);
  print('u32 ' + toHex(buffer, 2, 6) + ' ' + String(getU32(buffer, 3)));
}
for (const value of [0, 1, -1, 4294967296, -4294967297, 140737488355327, -140737488355328]) {
  putI48(buffer, 5, value);
  print('i48 ' + toHex(buffer, 4, 8) + ' ' + String(getI48(buffer, 5)));
}

const source = new Uint8Array([1, 2, 3, 4, 5, 6]);
copyBytes(buffer, 2, source, 1, 4);
print('copy ' + toHex(buffer, 0, 12));
const piece = cut(source, 2, 3);
piece[0] = 99;
print('cut ' + toHex(piece, 0, 3) + ' ' + toHex(source, 0, 6));
print(
  'equal ' +
    String(equalBytes(buffer, 2, source, 1, 4)) +
    ' ' +
    String(equalBytes(buffer, 2, source, 0, 4)),
);
for (const text of ['', '00ff', 'BEef01', 'abc', '0g']) {
  const bytes = fromHex(text);
  print('hex ' + text + ' ' + (bytes === undefined ? 'refused' : toHex(bytes, 0, bytes.length)));
}
