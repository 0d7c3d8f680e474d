// A gateway of the fleet that lies in every way it can: all honest gateways skip or strike it in the same way, and go
// on. One cluster for all cases; every lie is repeated until it was judged for what it is, so a late machine only
// makes this slower.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { jetstream } from '@nats-io/jetstream';
import { nodeCrypto, signEd25519 } from '../../host-tools/crypto/index.ts';
import { namesOf } from '../../host-tools/fleet/names.ts';
import { fastClock, rankStartMs } from '../../host-tools/fleet/slot-clock.ts';
import { bodyHash, encodeBlock, encodeBody } from '../../host-tools/ledger/block.ts';
import { encodeHeader } from '../../host-tools/ledger/header.ts';
import {
  BlockCode,
  blockCodeText,
  decodeBlock,
  encodeClaim,
  headerMessage,
  type Block,
  type BlockHeader,
} from '../../host-tools/ledger/index.ts';
import { fleetGenesis, FleetWorld, Member } from './fleet-world.ts';
import { LocalCluster, NO_NATS } from '../../host-tools/fleet/local-cluster.ts';

const SLOT_MS = 300;
const clock = fastClock(1000, Date.now(), SLOT_MS);
const HONEST = 3;
const NODES = [0x20000001, 0x20000002];

const refusal = (code: BlockCode): string => `block: ${blockCodeText(code)}`;

describe('a hostile gateway', { skip: NO_NATS }, () => {
  let cluster: LocalCluster;
  let world: FleetWorld;
  let honest: Member[];
  let hostile: Member;

  before(async () => {
    cluster = await LocalCluster.start({ servers: 1 });
    const genesis = fleetGenesis(HONEST + 1);
    world = await FleetWorld.start(cluster, 0, genesis);
    for (let i = 0; i <= HONEST; i++) world.members.push(await new Member(i, genesis, clock).start(cluster.urls));
    hostile = world.members[HONEST]!;
    honest = world.members.slice(0, HONEST);
    // It reads like the others; what it writes is up to the cases.
    hostile.fleet.chain.ownBlock = () => undefined;
    const [payer, payee] = NODES as [number, number];
    const { chain } = honest[0]!.fleet;
    chain.submitAll([world.join(honest[0]!, payer), world.join(honest[0]!, payee, 1)]);
    await world.until('joins', () => honest.every(({ ledger }) => ledger.counters.nodes === 2));
    chain.submitAll([world.book(payer).open(0, payee)]);
    await world.until('a channel', () => honest.every(({ ledger }) => ledger.counters.openChannels === 1));
  });

  after(async () => {
    await world?.stop();
    await cluster?.stop();
  });

  const write = (bytes: Uint8Array): Promise<unknown> =>
    jetstream(hostile.connection).publish(namesOf(world.ledgerId).subject('block', hostile.address), bytes);

  const signed = (header: BlockHeader, body: Uint8Array): Uint8Array => {
    const bytes = encodeHeader(header);
    return encodeBlock(bytes, signEd25519(hostile.seed, headerMessage(world.ledgerId, bytes)), body);
  };

  /** A block that would be right, in the hostile gateway's next turn, and the rest of that turn's time. */
  const ownTurn = async (candidates: Uint8Array[] = []): Promise<{ bytes: Uint8Array; block: Block }> => {
    for (;;) {
      const now = Date.now();
      const slot = clock.slotOf(now);
      const { ledger } = hostile;
      const rank = [0, 1, 2, 3].find((one) => ledger.leader(slot, one)?.address === hostile.address);
      if (rank === 0 && slot > ledger.counters.slot && now >= rankStartMs(clock, slot, rank)) {
        const { block: bytes } = ledger.buildBlock({
          timeS: slot,
          rank,
          producer: hostile.address,
          candidates,
          sign: (text) => signEd25519(hostile.seed, text),
        });
        ledger.undoBlock();
        return { bytes, block: decodeBlock(bytes)! };
      }
      await pause(10);
    }
  };

  const reasonsAt = (member: Member): string[] =>
    [...(member.fleet.chain.counts.skipped.get(hostile.address) ?? [])]
      .map(([reason, count]) => `${reason}: ${count}`)
      .sort();

  /** Lies until all honest gateways have skipped it for this reason, then they must go on and agree. */
  const skippedFor = async (reason: string, lie: () => Promise<unknown>): Promise<void> => {
    const seen = (): boolean =>
      honest.every(({ fleet }) => (fleet.chain.counts.skipped.get(hostile.address)?.get(reason) ?? 0) > 0);
    for (let tries = 0; !seen() && tries < 40; tries++) {
      await lie();
      for (let waited = 0; waited < 10 && !seen(); waited++) await pause(50);
    }
    assert.ok(seen(), `${reason}\n${world.describe()}`);
    await goesOn();
  };

  const goesOn = async (): Promise<void> => {
    const height = world.height;
    await world.until('two blocks more', () => honest.every(({ ledger }) => ledger.height >= height + 2));
    world.assertAgreed(honest);
  };

  test('a wrong state root', () =>
    skippedFor(refusal(BlockCode.WRONG_STATE_ROOT), async () => {
      const { block } = await ownTurn();
      await write(signed({ ...block.header, stateRoot: new Uint8Array(32).fill(1) }, block.body));
    }));

  test('a forged claim', () =>
    skippedFor(refusal(BlockCode.BAD_TRANSACTION), async () => {
      const { block } = await ownTurn();
      const claim = encodeClaim({
        payer: NODES[0]!,
        generation: 1,
        chain: 0,
        number: 8,
        link: new Uint8Array(16).fill(6),
      });
      const body = encodeBody([claim]);
      await write(
        signed(
          {
            ...block.header,
            bodyHash: bodyHash(nodeCrypto, body),
            transactions: 1,
            bodyBytes: body.length,
          },
          body,
        ),
      );
    }));

  test('a slot that is not now', () =>
    skippedFor('wrong time', async () => {
      const { block } = await ownTurn();
      await write(signed({ ...block.header, slot: block.header.slot + 4 }, block.body));
    }));

  test("a slot that is another gateway's", () =>
    skippedFor(refusal(BlockCode.WRONG_PRODUCER), async () => {
      const { block } = await ownTurn();
      while (clock.slotOf(Date.now()) === block.header.slot) await pause(10);
      const { height, tip } = hostile.ledger;
      await write(
        signed(
          {
            ...block.header,
            slot: clock.slotOf(Date.now()),
            height: height + 1,
            parent: tip,
          },
          block.body,
        ),
      );
    }));

  test('a block larger than a block may be', async () => {
    const { block } = await ownTurn();
    const tooLarge = signed(block.header, randomBytes(300_000));
    await assert.rejects(write(tooLarge), /maximum/i, 'the engine does not take it');
    await skippedFor('not a block', async () => write(signed(block.header, new Uint8Array(262_200))));
  });

  test('garbage without end', async () => {
    const names = namesOf(world.ledgerId);
    let on = true;
    const flood = (async () => {
      while (on) {
        for (let i = 0; i < 50; i++)
          hostile.connection.publish(names.subject('block', hostile.address), randomBytes(200));
        await hostile.connection.flush();
        await pause(5);
      }
    })();
    await skippedFor('too many', async () => {});
    await goesOn();
    on = false;
    await flood;
    console.log(`unread: ${honest[0]!.fleet.chain.counts.skipped.get(hostile.address)!.get('too many')} entries`);
  });

  test('forged transactions without end', async () => {
    const { subject } = namesOf(world.ledgerId);
    const [payer] = NODES as [number];
    for (let i = 0; i < 500; i++) {
      const claim = encodeClaim({ payer, generation: 1, chain: 0, number: 200, link: randomBytes(16) });
      hostile.connection.publish(subject('tx', hostile.address), i % 2 === 0 ? claim : randomBytes(100));
    }
    await hostile.connection.flush();
    honest[1]!.fleet.chain.submitAll([world.book(payer).claim(0, 4)]);
    await world.until('the true claim', () =>
      honest.every(({ ledger }) => ledger.channel(payer, 1, 0)!.settled === 4),
    );
    await goesOn();
  });

  test('an old block once more', () =>
    skippedFor('wrong time', async () => {
      const old = honest[0]!.store.block(3)!;
      // Under its own name nothing else is possible: subjects are guarded by the engine.
      await write(old);
      const own = [...honest[0]!.store.blocks(1)].find(
        (block) => decodeBlock(block)!.header.producer === hostile.address,
      );
      if (own !== undefined) await write(own);
      else await write((await ownTurn()).bytes);
    }));

  test('two blocks of one slot: the first counts, the proof costs it its seat', async () => {
    const isOut = (): boolean => honest.every(({ ledger }) => ledger.gateway(hostile.address)!.admitted === 0);
    for (let tries = 0; !isOut() && tries < 20; tries++) {
      const { bytes, block } = await ownTurn();
      await write(bytes);
      const claim = world.book(NODES[0]!).claim(0, 6);
      const body = encodeBody([claim]);
      await write(
        signed(
          {
            ...block.header,
            bodyHash: bodyHash(nodeCrypto, body),
            transactions: 1,
            bodyBytes: body.length,
          },
          body,
        ),
      );
      for (let waited = 0; waited < 60 && !isOut(); waited++) await pause(50);
    }
    assert.ok(isOut(), world.describe());
    for (const { fleet, ledger } of honest) {
      assert.equal(ledger.gateway(hostile.address)!.strikes, 1);
      assert.ok(fleet.chain.counts.evidence.some(({ gateway }) => gateway === hostile.address));
    }
    await goesOn();
  });

  test('all honest gateways have judged it alike', async () => {
    const last = (): number[] => honest.map(({ fleet }) => fleet.chain.position.sequence);
    await world.until('the same place in the log', () => new Set(last()).size === 1);
    const reasons = honest.map(reasonsAt);
    console.log(reasons[0]!.join('\n'));
    for (const other of reasons) assert.deepEqual(other, reasons[0]);
  });
});
