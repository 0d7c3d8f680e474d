// A real NATS JetStream cluster on 127.0.0.1 for tests and benchmarks: servers as child processes in a temporary
// directory, ended by process id. Debian's package nats-server is enough.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';

const found = spawnSync('nats-server', ['--version'], {
  env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
});

/** For the `skip` of a test: why it cannot run here, or false. */
export const NO_NATS: string | false =
  found.status === 0 ? false : 'install nats-server (apt-get install nats-server)';

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export interface ClusterOptions {
  servers?: number;
  /** Configuration lines of every server besides the usual: accounts, permissions, TLS. */
  extra?: string;
  /** Lines of its `cluster` block. */
  between?: string;
}

export class LocalCluster {
  private readonly children: (ChildProcess | undefined)[] = [];

  private constructor(
    readonly directory: string,
    private readonly ports: number[],
    private readonly routes: number[],
    private readonly extra: string,
    private readonly between: string,
  ) {}

  static async start({ servers = 3, extra = '', between = '' }: ClusterOptions = {}): Promise<LocalCluster> {
    const ports = await freePorts(2 * servers);
    const directory = mkdtempSync(join(tmpdir(), 'fairhop-nats-'));
    const cluster = new LocalCluster(directory, ports.slice(0, servers), ports.slice(servers), extra, between);
    for (let i = 0; i < servers; i++) cluster.startServer(i);
    return cluster;
  }

  get size(): number {
    return this.ports.length;
  }

  url(index: number): string {
    return `nats://127.0.0.1:${this.ports[index]!}`;
  }

  port(index: number): number {
    return this.ports[index]!;
  }

  get urls(): string[] {
    return this.ports.map((_, index) => this.url(index));
  }

  startServer(index: number): void {
    const routes = this.routes.map((port) => `nats-route://127.0.0.1:${port}`).join(', ');
    const cluster =
      this.size === 1
        ? ''
        : `cluster { name: test, listen: "127.0.0.1:${this.routes[index]!}", routes: [${routes}]\n${this.between} }`;
    const file = join(this.directory, `${index}.conf`);
    writeFileSync(
      file,
      [
        `server_name: n${index}`,
        `listen: "127.0.0.1:${this.ports[index]!}"`,
        `jetstream { store_dir: "${join(this.directory, String(index))}", max_mem: 64M, max_file: 2G }`,
        cluster,
        this.extra,
        '',
      ].join('\n'),
    );
    const log = join(this.directory, `${index}.log`);
    this.children[index] = spawn('nats-server', ['-c', file, '-l', log], {
      stdio: 'ignore',
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` },
    });
  }

  /** kill -9. */
  async kill(index: number): Promise<void> {
    const child = this.children[index]!;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** Waits until streams can be made. `options`: how an administrator connects. */
  async ready(options: Parameters<typeof connect>[0] = {}): Promise<void> {
    const deadline = Date.now() + 60_000;
    for (;;) {
      try {
        const connection = await connect({ servers: this.urls, ...options, timeout: 2000 });
        try {
          const manager = await jetstreamManager(connection, { timeout: 2000 });
          const name = `PROBE_${Date.now()}`;
          await manager.streams.add({ name, subjects: [name], num_replicas: Math.min(3, this.size) });
          await manager.streams.delete(name);
          return;
        } finally {
          await connection.close();
        }
      } catch (error) {
        if (Date.now() > deadline) throw error;
        await pause(100);
      }
    }
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.children.map((child, index) =>
        child === undefined || child.exitCode !== null || child.signalCode !== null ? undefined : this.kill(index),
      ),
    );
    rmSync(this.directory, { recursive: true, force: true });
  }
}
