// One conversation over the packet protocol, held with a virtual board and with the real interpreter: what
// holds here holds on both. The board runs PROGRAM.
import assert from 'node:assert/strict';
import { PacketError, type PacketClient } from '../../host-tools/serial/packet-protocol.ts';

/** Echoes events as JSON lines and throws when asked to. */
export const PROGRAM = `
E.on('packet', function (p) {
  print(JSON.stringify(p));
  if (p.fail) throw new Error('told to fail');
});
print('program ' + (require('Storage').read('count') || 'first'));
`;

/** Every byte value, the ones that the console would act on included. */
export const BINARY = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7 + (i >> 8)) & 255);

export async function holdConversation(client: PacketClient): Promise<void> {
  const lines: string[] = [];
  const stop = client.lines.onLine((line) => lines.push(line));
  assert.match(await client.version(), /^Espruino 2v\d+(\.\d+)? \w+$/);
  await values(client);
  await refusals(client);
  await events(client, lines);
  await files(client);
  stop();
}

async function values(client: PacketClient): Promise<void> {
  assert.equal(await client.eval('1+2'), 3);
  const object = '({a:1,b:"x\\xff\\0\\n",c:new Uint8Array([1,2]),d:0.1+0.2,e:[true,null]})';
  const value = { a: 1, b: 'x\xff\0\n', c: [1, 2], d: 0.3, e: [true, null] };
  assert.deepEqual(await client.eval(object), value);
  // Each length once, around the byte values that must not be sent.
  for (let length = 1; length < 9; length++) {
    assert.equal(await client.eval(`"${'x'.repeat(length)}"`), 'x'.repeat(length));
  }
  assert.equal(await client.eval('"y".repeat(3000)'), 'y'.repeat(3000));
  const all = await Promise.all([1, 2, 3, 4].map((n) => client.eval(`${n}*10`)));
  assert.deepEqual(all, [10, 20, 30, 40]);
}

async function refusals(client: PacketClient): Promise<void> {
  const refused = (pattern: RegExp) => (error: unknown) =>
    error instanceof PacketError && error.code === 'refused' && pattern.test(error.message);
  const unknown = /^Uncaught ReferenceError: "nobody" is not defined/;
  await assert.rejects(client.eval('nobody.home'), refused(unknown));
  await assert.rejects(client.eval('1+'), refused(/^Uncaught SyntaxError/));
  const thrown = '(function(){throw new Error("so what")})()';
  await assert.rejects(client.eval(thrown), refused(/^Uncaught Error: so what/));
  await assert.rejects(client.eval('print'), refused(/no data/));
  assert.equal(await client.eval('"well again"'), 'well again');
}

async function events(client: PacketClient, lines: string[]): Promise<void> {
  const message = { t: 'send', data: 'a "quoted" line\n', list: [1, -2.5, null, true], deep: { er: {} } };
  lines.length = 0;
  await client.event(message);
  assert.deepEqual(JSON.parse(lines[0]), message);
  await client.event({ fail: 1 });
  await client.eval('1');
  assert.equal(lines[1], '{"fail":1}');
  assert.equal(lines[2], 'Uncaught Error: told to fail');
}

async function files(client: PacketClient): Promise<void> {
  assert.equal(await client.readFile('missing'), undefined);
  const sent: number[] = [];
  await client.writeFile('binary', BINARY, (bytes) => sent.push(bytes));
  assert.equal(sent.at(-1), BINARY.length);
  assert.deepEqual(await client.readFile('binary'), BINARY);
  sent.length = 0;
  await client.writeFile('binary', BINARY, (bytes) => sent.push(bytes));
  assert.deepEqual(sent, [], 'the same content is not written again');
  for (const length of [1, 2, 3, 4, 5, 259, 260, 1024, 1027, 1028, 2600]) {
    const text = new Uint8Array(Buffer.from('line of text\n'.repeat(300).slice(0, length)));
    await client.writeFile('text', text);
    assert.deepEqual(await client.readFile('text'), text, `${length} bytes`);
  }
}
