// A log on a real server when the engine gives less than it should: no consumer, as between a server's death and the
// choice of the cluster's next leader, a stream whose old entries have gone, as the pool's have after an hour, and one
// that lost its end.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { LocalCluster, NO_NATS } from '../../host-tools/fleet/local-cluster.ts';
import { addressToken } from '../../host-tools/fleet/names.ts';
import { NatsLog } from '../../host-tools/fleet/nats-log.ts';
import type { LogEntry } from '../../host-tools/fleet/ordered-log.ts';
import { Tail } from '../../host-tools/fleet/tail.ts';

const ACCESS = `authorization { users: [
  { user: all, password: all }
  { user: plain, password: plain, permissions: { publish: { deny: "$JS.API.CONSUMER.>" } } }
] }`;
const AUTHOR = 7;

describe('a log', { skip: NO_NATS }, () => {
  let cluster: LocalCluster;
  const connections: NatsConnection[] = [];
  const connectAs = async (name: string): Promise<NatsConnection> => {
    const connection = await connect({ servers: cluster.urls, user: name, pass: name });
    connections.push(connection);
    return connection;
  };

  before(async () => {
    cluster = await LocalCluster.start({ servers: 1, extra: ACCESS });
    await cluster.ready({ user: 'all', pass: 'all' });
  });

  after(async () => {
    for (const connection of connections) await connection.close();
    await cluster.stop();
  });

  const open = async (user: string, stream: string, sparse = false): Promise<NatsLog> =>
    NatsLog.open(await connectAs(user), stream, (author) => `${stream}.${addressToken(author)}`, { sparse });

  /** A stream with ten entries. */
  const filled = async (stream: string): Promise<NatsLog> => {
    const manager = await jetstreamManager(await connectAs('all'));
    await manager.streams.add({ name: stream, subjects: [`${stream}.*`] });
    const log = await open('all', stream);
    for (let i = 1; i <= 10; i++) await log.append(AUTHOR, `id ${i}`, Uint8Array.of(i));
    return log;
  };

  const until = async (good: () => boolean): Promise<void> => {
    for (const deadline = Date.now() + 60_000; !good(); await pause(20)) assert.ok(Date.now() < deadline);
  };

  test('is read to its end without a consumer, the same entries as with one, and each once', async () => {
    const log = await filled('DENSE');
    const seen: Record<string, LogEntry[]> = { all: [], plain: [] };
    const stops = [];
    for (const user of ['all', 'plain'])
      stops.push((await open(user, 'DENSE')).watch(1, (entry) => void seen[user]!.push(entry)));
    await until(() => seen.all!.length >= 10 && seen.plain!.length >= 10);
    assert.equal(await log.append(AUTHOR, 'id 10', Uint8Array.of(10)), 10, 'the same id is the same entry');
    await log.append(AUTHOR, 'id 11', Uint8Array.of(11));
    await until(() => seen.all!.length >= 11 && seen.plain!.length >= 11);
    await Promise.all(stops.map((stop) => stop()));
    const textOf = ({ sequence, author, bytes }: LogEntry): string => `${sequence} ${author} ${bytes.join()}`;
    assert.deepEqual(
      seen.all!.map(textOf),
      Array.from({ length: 11 }, (_, i) => `${i + 1} ${AUTHOR} ${i + 1}`),
    );
    const stamped = (entry: LogEntry): string => `${textOf(entry)} ${entry.stampMs}`;
    assert.deepEqual(seen.plain!.map(stamped), seen.all!.map(stamped));
  });

  test('whose old entries have gone is read from the first that is left', async () => {
    const log = await filled('SPARSE');
    const manager = await jetstreamManager(await connectAs('all'));
    await manager.streams.purge('SPARSE', { seq: 5 });
    await manager.streams.deleteMessage('SPARSE', 8);
    const heard: number[] = [];
    const stop = (await open('all', 'SPARSE', true)).watch(1, ({ bytes }) => void heard.push(bytes[0]!));
    await until(() => heard.length >= 5);
    await log.append(AUTHOR, 'id 11', Uint8Array.of(11));
    await until(() => heard.length >= 6);
    await stop();
    assert.deepEqual(heard, [5, 6, 7, 9, 10, 11]);
  });

  test('that lost what was read from it is noticed after a while, one that changed it at once', async () => {
    const log = await filled('TAIL');
    const tail = new Tail();
    const nowMs = Date.now();
    assert.equal(await tail.look(log, nowMs), undefined, 'nothing was read');
    tail.read((await log.read(10))!);
    assert.equal(await tail.look(log, nowMs), undefined);
    const manager = await jetstreamManager(await connectAs('all'));
    await manager.streams.deleteMessage('TAIL', 10);
    assert.equal(await tail.look(log, nowMs), undefined, 'a server that has just come back may not know better');
    assert.equal(await tail.look(log, nowMs + 29_999), undefined);
    assert.match((await tail.look(log, nowMs + 30_000))!, /lost its entry 10/);
    await manager.streams.delete('TAIL');
    await filled('TAIL');
    assert.match((await tail.look(log, nowMs))!, /entry 10 of the log is not what it was/, 'appended anew');
  });
});
