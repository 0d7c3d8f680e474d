// A fleet as the gateway's orderer (../gateway/orderer.ts): finds or founds the ledger, joins it, brings the chain up
// to the others', and keeps snapshots, chequebooks and the way of frames going. `fairhop up --fleet` makes one.
import type { NatsConnection } from '@nats-io/transport-node';
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { ed25519PublicKey } from '../crypto/index.ts';
import { openDesk, signBlock, type Desk } from '../gateway/desk.ts';
import type { Air, OrderedChain, Orderer } from '../gateway/orderer.ts';
import { openChain, readChain, type ChainStore, type StoreChoice } from '../gateway/store/index.ts';
import { decodeGenesis } from '../ledger/index.ts';
import { LEDGER_DEPS } from '../gateway/chain-service.ts';
import { FleetAlarm } from './alarm.ts';
import { SharedBooks } from './books.ts';
import { connectFleet, type FleetAddress } from './connect.ts';
import { Fleet } from './fleet.ts';
import { keysOf, readFounding, seedDirectory } from './founding.ts';
import { namesOf } from './names.ts';
import { NatsLog } from './nats-log.ts';
import { slotClock } from './slot-clock.ts';
import { joinBySnapshot, putSnapshot, type Objects } from './snapshot.ts';
import { fleetDoors, fleetMetrics, fleetView } from './status.ts';
import { genesisOf, hasLedger, ledgersOf, openBucket, prepareStreams } from './streams.ts';
import { TeslaKeeper } from './tesla.ts';

export interface FleetChoice extends FleetAddress {
  /** Founding file, for a founder's first start. */
  founding?: string;
  /** Ledger id, 16 hex digits, where the cluster holds several. */
  ledger?: string;
  /** Blocks between two snapshots. */
  snapshotEvery: number;
}

const BOOKS_MS = 3000;
const CATCH_UP_PAUSE_MS = 5;
const FRAME_BYTES_MAX = 255;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class FleetOrderer implements Orderer {
  private connection: NatsConnection | undefined;

  constructor(
    private readonly choice: FleetChoice,
    private readonly print: (line: string) => void,
  ) {}

  private async connect(): Promise<NatsConnection> {
    this.connection ??= await connectFleet(this.choice, 'fairhop gateway');
    return this.connection;
  }

  /** Opens the directory; an empty one joins the cluster's ledger. Throws CliErrors and StoreErrors. */
  async openDesk(directory: string, choice: StoreChoice): Promise<Desk> {
    const connection = await this.connect();
    try {
      const { founding } = this.choice;
      if (founding !== undefined) await seedDirectory(directory, readFounding(founding), choice);
      else if (!(await holdsChain(directory))) await this.join(connection, directory, choice);
      return await openDesk(directory, choice, true);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** A directory without a chain: the ledger that the cluster holds, or none, and then a new one is founded. */
  private async join(connection: NatsConnection, directory: string, choice: StoreChoice): Promise<void> {
    const found = await ledgersOf(connection);
    const wanted = this.choice.ledger ?? (found.length === 1 ? found[0] : undefined);
    if (wanted === undefined && found.length === 0) return;
    if (wanted === undefined || !found.includes(wanted))
      throw new CliError(
        `the cluster holds ${found.length} ledgers: ${found.join(' ')}`,
        'name one of them with --fleet-ledger ID',
        ExitCode.Usage,
      );
    const ledgerId = new Uint8Array(Buffer.from(wanted, 'hex'));
    const genesis = await genesisOf(connection, ledgerId);
    const { blockIntervalS } = decodeGenesis(genesis)!;
    this.print(`joining ledger ${wanted}`);
    keysOf(directory);
    const store = openChain(directory, choice);
    try {
      const names = namesOf(ledgerId);
      const log = await NatsLog.open(connection, names.blocks, (author) => names.subject('block', author));
      const objects = (await openBucket(connection, ledgerId)) as Objects;
      const parts = { objects, log, store, genesis, clock: slotClock(blockIntervalS) };
      const joined = await joinBySnapshot(parts, (text) => this.print(`  ${text}`));
      if (!joined) store.create(LEDGER_DEPS, genesis);
    } finally {
      await store.close();
    }
  }

  async start(desk: Desk, print: (line: string) => void): Promise<OrderedChain> {
    const connection = await this.connect();
    const { ledger, store, founding } = desk;
    try {
      if (!(await hasLedger(connection, ledger.ledgerId))) {
        if (ledger.height > 0) throw new FleetAlarm('the cluster does not hold the log of this ledger');
        await prepareStreams(connection, founding.genesis);
      }
      await genesisOf(connection, ledger.ledgerId);
      const producer = founding.gatewayAddress;
      const fleet = await Fleet.start({
        connection,
        ledger,
        store,
        producer,
        sign: signBlock(desk),
        log: (_, text) => print(text),
      });
      await catchUp(fleet, print);
      return this.run(desk, connection, fleet, print);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  private async run(
    desk: Desk,
    connection: NatsConnection,
    fleet: Fleet,
    print: (line: string) => void,
  ): Promise<OrderedChain> {
    const { ledger, store, founding } = desk;
    const bucket = await openBucket(connection, ledger.ledgerId);
    const books = new SharedBooks(ledger, store, bucket, fleet.producer);
    const tesla = new TeslaKeeper(ledger, fleet.producer, founding.ownerSeed, founding.blockSeed);
    const regular = setInterval(() => {
      void books.exchange();
      // Joins made at the start carry the owner's next nonces; this must not take one of them.
      const settled = desk.members.every(({ address }) => desk.hasJoined(address));
      const transaction = settled ? tesla.due() : undefined;
      if (transaction !== undefined) fleet.chain.submit(transaction);
    }, BOOKS_MS);
    const snapshots = new Snapshots(bucket as Objects, store, this.choice.snapshotEvery, print);
    fleet.afterBlock = (height, own) => own && snapshots.after(height);
    print(`fleet: ${this.choice.servers.length} servers, height ${ledger.height}, ${describe(desk)}`);
    return {
      chain: fleet.chain,
      air: airOver(connection, ledger.ledgerId, fleet.producer),
      doors: fleetDoors(fleet),
      metrics: () => fleetMetrics(fleetView(fleet, Date.now())),
      close: async () => {
        clearInterval(regular);
        await fleet.close();
      },
    };
  }
}

function describe({ ledger, founding }: Desk): string {
  const known = ledger.gateway(founding.gatewayAddress);
  const blockKey = ed25519PublicKey(founding.blockSeed);
  if (known === undefined || Buffer.compare(known.blockKey, blockKey) !== 0)
    return 'this gateway is not registered: it reads and verifies, and writes no blocks';
  return known.admitted === 0 ? 'this gateway is not admitted: it writes no blocks' : 'this gateway takes turns';
}

/** What comes in while the gateway is not yet there is applied here, up to where the log ended at the start. */
async function catchUp(fleet: Fleet, print: (line: string) => void): Promise<void> {
  const head = await fleet.head();
  const from = fleet.chain.position.sequence;
  if (head - from > 100) print(`catching up: ${head - from} entries`);
  while (fleet.chain.position.sequence < head) {
    if (fleet.chain.makeBlock(0) === undefined) await pause(CATCH_UP_PAUSE_MS);
    else await pause(0);
  }
}

async function holdsChain(directory: string): Promise<boolean> {
  try {
    const store = readChain(directory);
    try {
      return store.genesis() !== undefined;
    } finally {
      await store.close();
    }
  } catch {
    return false;
  }
}

/** One at a time, by the gateway that has just written the block: nobody else needs to. */
class Snapshots {
  private busy = false;
  private last = 0;

  constructor(
    private readonly objects: Objects,
    private readonly store: ChainStore,
    private readonly every: number,
    private readonly print: (line: string) => void,
  ) {}

  after(height: number): void {
    if (this.busy || height - this.last < this.every) return;
    this.busy = true;
    this.last = height;
    putSnapshot(this.objects, this.store)
      .catch((error: Error) => this.print(`the snapshot was not put: ${error.message}`))
      .finally(() => (this.busy = false));
  }
}

function airOver(connection: NatsConnection, ledgerId: Uint8Array, self: number): Air {
  const names = namesOf(ledgerId);
  const own = names.subject('air', self);
  return {
    send: (frame) => void (connection.isClosed() || connection.isDraining() || connection.publish(own, frame)),
    listen: (take) => {
      connection.subscribe(names.all('air'), {
        callback: (error, { subject, data }) => {
          if (error === null && subject !== own && data.length > 0 && data.length <= FRAME_BYTES_MAX)
            take(data.slice());
        },
      });
    },
  };
}
