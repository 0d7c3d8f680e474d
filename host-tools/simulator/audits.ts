// Relay audits (SPEC L8.1): once an epoch a gateway asks a neighbour of each node to send an ordinary paid packet
// through it, and states a pass on the ledger when the packet arrived that way and its receipt came back to the sender.
// A node that no neighbour has a use for as a relay passes by the gateways' statement, unless it declares that it does
// not relay. The allowance depends on it.
import { Index, NbFlag, Pn, PnFlag, PnState, Size } from '#mesh';
import { signEd25519 } from '../crypto/index.ts';
import { Prng } from '../ether/prng.ts';
import { TxCode, TxKind, signTx } from '../ledger/index.ts';
import { addressOf } from './founding.ts';
import type { Packet } from './packets.ts';
import type { SimNode } from './sim-node.ts';
import type { World } from './world.ts';

/** A receipt is back long before, and the record of the packet still there. */
const JUDGE_MS = 30_000;

interface Probe {
  subject: SimNode;
  prober: SimNode;
  packet: Packet;
  /** The audited node's own frame brought the receipt: what a relay is paid for. */
  proven: boolean;
  /** It said that it would not carry the packet, which may have many honest reasons. */
  isDeclined: boolean;
}

export class Audits {
  passed = 0;
  failed = 0;
  private readonly prng: Prng;
  private probes: Probe[] = [];
  /** Last epoch in which each node was looked at. */
  private readonly looked = new Map<number, number>();
  /** Last epoch in which a probe through each node failed. */
  private readonly refuted = new Map<number, number>();

  constructor(seed: number) {
    this.prng = new Prng(seed * 8 + 5);
  }

  /** `node` was refused a packet by the neighbour with this address. */
  declined(node: SimNode, by: number): void {
    for (const probe of this.probes) if (probe.prober === node && probe.subject.address === by) probe.isDeclined = true;
  }

  /** After each block: judge the probes sent after the last one, and send some more. */
  afterBlock(world: World): void {
    const { ledger } = world.chain;
    const epoch = Math.floor((ledger.height + 1) / world.params.epoch);
    for (const { subject, packet, proven, isDeclined } of this.probes) {
      if (proven && packet.relays.includes(subject.index)) {
        this.refuted.delete(subject.index);
        this.pass(world, subject, epoch);
      }
      // Taken and dropped, or not even answered.
      else if (packet.isOnAir && !isDeclined && !packet.relays.includes(subject.index)) this.fail(subject, epoch);
    }
    this.probes = [];
    // Spread over the first half of an epoch, so that a lost probe can be repeated in the second.
    const perBlock = Math.ceil((2 * world.nodes.length) / world.params.epoch);
    const due = world.nodes.filter((node) => node.up && this.isDue(world, node, epoch));
    for (let i = 0; i < perBlock && due.length > 0; i++) {
      this.look(world, due.splice(this.prng.below(due.length), 1)[0]!, epoch);
    }
  }

  private isDue(world: World, node: SimNode, epoch: number): boolean {
    if (node.index < world.params.gateways) return false;
    const account = world.chain.ledger.account(node.address);
    const stated = account === undefined ? 0 : Math.floor(account.auditedAt / world.params.epoch);
    if (account === undefined || (account.auditedAt !== 0 && stated >= epoch)) return false;
    return this.looked.get(node.index) !== world.chain.ledger.height;
  }

  private look(world: World, subject: SimNode, epoch: number): void {
    this.looked.set(subject.index, world.chain.ledger.height);
    const ordinary = world.nodes.filter((other) => other.up && other.index >= world.params.gateways);
    const neighbours = ordinary.filter((other) => knows(other, subject));
    if (neighbours.some((other) => refuses(other, subject))) return this.fail(subject, epoch);
    const useful = neighbours.filter((other) => leadsOn(world, subject, other));
    // Who was useful lately and failed cannot pass for useless.
    const isRefuted = epoch - (this.refuted.get(subject.index) ?? -Infinity) <= 1;
    if (useful.length === 0 && !isRefuted) this.pass(world, subject, epoch);
    if (useful.length === 0) return;
    const prober = useful[this.prng.below(useful.length)]!;
    const seq16 = prober.mesh.endpoint.seq & 0xffff;
    const probe: Probe = { subject, prober, packet: world.probe(prober, subject), proven: false, isDeclined: false };
    this.probes.push(probe);
    world.scheduler.after(JUDGE_MS, () => (probe.proven = prober.up && hasProof(prober, seq16)));
  }

  private fail(subject: SimNode, epoch: number): void {
    this.failed++;
    this.refuted.set(subject.index, epoch);
  }

  /** Whoever of the gateways is drawn for this node signs; the ledger knows who that is. */
  private pass(world: World, subject: SimNode, epoch: number): void {
    const { founding, chain } = world;
    for (let i = 0; i < world.params.gateways; i++) {
      const fields = { auditor: addressOf(i), subject: subject.address, epoch };
      const sign = (message: Uint8Array): Uint8Array => signEd25519(founding.blockSeeds[i]!, message);
      const bytes = signTx(founding.ledgerId, TxKind.AUDIT, fields, sign);
      if (chain.ledger.check(bytes) !== TxCode.OK) continue;
      chain.submit(bytes);
      this.passed++;
      return;
    }
  }
}

/** The next hop of its own packet paid back with the receipt, rather than somebody overheard. */
function hasProof({ mesh }: SimNode, seq16: number): boolean {
  const { pending } = mesh.relay;
  for (let i = 0; i < Size.PENDING; i++) {
    const isIts = pending.get8(i, Pn.STATE) === PnState.SETTLED && pending.get8(i, Pn.UP) === Index.SELF;
    if (isIts && pending.get16(i, Pn.SEQ) === seq16) return pending.flag(i, PnFlag.DOWN_SETTLED);
  }
  return false;
}

function indexAt(node: SimNode, other: SimNode): number {
  return node.mesh.core.neighbours.find(other.address);
}

function knows(node: SimNode, other: SimNode): boolean {
  const at = indexAt(node, other);
  return at !== Index.NONE && node.mesh.core.neighbours.has(at, NbFlag.SYNCED);
}

function refuses(node: SimNode, other: SimNode): boolean {
  return node.mesh.core.neighbours.has(indexAt(node, other), NbFlag.NO_RELAY);
}

/** The subject has a way to the prober's home that does not lead back to the prober. */
function leadsOn(world: World, subject: SimNode, prober: SimNode): boolean {
  const home = addressOf(world.place.homes[prober.index]!);
  const next = subject.mesh.core.routes.next(home);
  return next !== Index.NONE && subject.mesh.core.neighbours.addressOf(next) !== prober.address;
}
