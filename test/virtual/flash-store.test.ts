// The virtual flash: the interpreter's rules for Storage.write, names, and what survives the death of the
// process.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { FlashStore } from '../../host-tools/virtual/flash-store.ts';
import { inTemp } from './boards.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const text = (content: Uint8Array | undefined): string | undefined =>
  content && Buffer.from(content).toString('latin1');

test('files are made whole, filled in where they are erased, and replaced', () =>
  inTemp((directory) => {
    const flash = new FlashStore(directory, 4096);
    flash.write('f', bytes('AB'), 0, 4);
    assert.equal(text(flash.read('f')), 'AB\xff\xff');
    flash.write('f', bytes('CD'), 2);
    assert.equal(text(flash.read('f')), 'ABCD');
    assert.throws(() => flash.write('f', bytes('ZZ'), 1), /already written with different data/);
    assert.throws(() => flash.write('f', bytes('ZZ'), 3), /Too much data for file size/);
    assert.throws(() => flash.write('g', bytes('x'), 2), /Unable to find or create file/);
    assert.throws(() => flash.write('g', bytes('')), /zero length/);
    assert.throws(() => flash.write('g', bytes('x'.repeat(4096))), /Unable to find or create file/);
    flash.write('f', bytes('qq'), 0, 3);
    assert.equal(text(flash.read('f')), 'qq\xff');
    flash.erase('f');
    assert.equal(flash.read('f'), undefined);
    assert.equal(flash.freeBytes, 4096);
  }));

test('names of any bytes, cut to 28, and content survive a restart; leftovers do not', () =>
  inTemp((directory) => {
    const long = 'abcdefghijklmnopqrstuvwxyz0123456789';
    const names = ['.bootcde', 'fh.node', 'a/b\\c', '', 'x\x00\xff%', long, '..'];
    const flash = new FlashStore(directory, 65536);
    names.forEach((name, i) => flash.write(name, bytes(`content ${i}`)));
    writeFileSync(`${directory}/fh.node.part`, 'half');
    const again = new FlashStore(directory, 65536);
    names.forEach((name, i) => assert.equal(text(again.read(name)), `content ${i}`, name));
    assert.deepEqual(again.list().sort(), names.map((name) => name.slice(0, 28)).sort());
    assert.equal(again.fileBytes, flash.fileBytes);
  }));

test('what write() returned for is there after kill -9, and nothing is ever half there', () =>
  inTemp(async (directory) => {
    const module = new URL('../../host-tools/virtual/flash-store.ts', import.meta.url).href;
    const script = `
      const { FlashStore } = await import(${JSON.stringify(module)});
      const flash = new FlashStore(${JSON.stringify(directory)}, 1 << 20);
      for (let n = 1; ; n++) {
        flash.write('counter', new Uint8Array(Buffer.from(String(n).padStart(9000, '0'))));
        process.stdout.write(n + '\\n');
        if (n % 50 === 0) await new Promise(setImmediate);
      }`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let told = '';
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (part: Buffer) => {
        told += part.toString();
        if (told.length > 2000) resolve();
      });
    });
    child.kill('SIGKILL');
    await once(child, 'close');
    const returned = Number(told.slice(0, told.lastIndexOf('\n')).split('\n').at(-1));
    const kept = new FlashStore(directory, 1 << 20).read('counter')!;
    assert.equal(kept.length, 9000);
    assert.ok(Number(text(kept)) >= returned, `${Number(text(kept))} kept, ${returned} returned`);
  }));
