// Players that take without giving: they use the mesh and avoid its work or its price. Each is an honest node with
// one part exchanged; a factory makes one player per node, because some of them remember.
import { Hello, HelloFlag, Wire } from '#protocol';
import type { SimNode } from '../sim-node.ts';
import type { Player } from './player.ts';

/** Tells everybody not to route through this node while `silent()` holds (SPEC 4.8). */
export function refuseRoutes(node: SimNode, silent: () => boolean): void {
  const { greeter, core } = node.mesh;
  const compose = greeter.compose.bind(greeter);
  greeter.compose = () => {
    const frame = compose();
    if (silent()) {
      frame[Hello.FLAGS]! |= HelloFlag.NO_RELAY;
      core.putMic(frame, core.config.networkKey, 0, Wire.MIC);
    }
    return frame;
  };
}

/** Sends and pays like everybody, and carries nothing for anybody. Needs no lie: HELLO has a flag for it. */
export function freeRider(): Player {
  return {
    kind: 'free-rider',
    prepare: (node) => refuseRoutes(node, () => true),
    transmits: (node, frame) => !node.isForeignData(frame),
  };
}

/** Advertises routes, takes packets, answers repetitions with "accepted", and forwards none of them. */
export function dropper(): Player {
  return { kind: 'dropper', transmits: (node, frame) => !node.isForeignData(frame) };
}

/** Carries packets and swallows the proofs of their delivery. */
export function withholder(): Player {
  return {
    kind: 'withholder',
    prepare: ({ mesh }) => {
      mesh.settlement.collectReceipts = () => new Uint8Array(0);
    },
  };
}

/** Marks its packets as paid for and reveals no link, ever. */
export function nonPayer(): Player {
  return { kind: 'non-payer', prepare: (node) => stopPaying(node) };
}

function stopPaying({ mesh }: SimNode): void {
  const { payments } = mesh;
  // Funding.READY: the way is declared paid.
  payments.funding = () => 0;
  payments.linksNeeded = () => 0;
  payments.repeats = () => false;
  payments.payDebt = () => {};
}

/** Pays until half of the run is over and it has earned all the trust it can, then never again. */
export function defaulter(): Player {
  let stopped = false;
  return {
    kind: 'defaulter',
    prepare: (node) => {
      if (stopped) stopPaying(node);
    },
    block: (node, world) => {
      if (stopped || world.scheduler.nowMs() < world.durationMs / 2) return;
      stopped = true;
      if (node.up) stopPaying(node);
    },
  };
}

/** Relays while poor and stops when it has enough: the agent of the scrip models (Kash, Friedman, Halpern 2007). */
export function thresholdPlayer(): Player {
  let rich = false;
  return {
    kind: 'threshold',
    prepare: (node) => refuseRoutes(node, () => rich),
    transmits: (node, frame) => !rich || !node.isForeignData(frame),
    block: (node, world) => {
      const account = world.chain.ledger.account(node.address);
      if (account === undefined) return;
      const spendable = account.balance + account.line;
      rich = spendable > world.params.thresholdP * world.chain.ledger.money.pathPrice;
    },
  };
}

/** Relays, sends nothing, keeps what it earns. */
export function hoarder(): Player {
  return { kind: 'hoarder', packetS: 0 };
}

/** Lowers others' use of free airtime: as many unpaid packets as its radio allows. */
export function flooder(): Player {
  return {
    kind: 'flooder',
    packetS: 2,
    prepare: ({ mesh }) => {
      mesh.relay.backable = () => false;
    },
  };
}

/** Noise on a fifth of the time, whoever else is on the air. */
export function jammer(): Player {
  const PERIOD_MS = 1500;
  const noise = new Uint8Array(200).fill(0xff);
  let running = false;
  const loop = (node: SimNode): void => {
    if (node.up && !node.ether.transmitting(node.index)) node.ether.transmit(node.index, noise);
    node.scheduler.after(PERIOD_MS, () => loop(node));
  };
  return {
    kind: 'jammer',
    packetS: 0,
    // Its node is deaf and mute: the radio is busy with noise.
    hears: () => false,
    transmits: () => false,
    prepare: (node) => {
      if (running) return;
      running = true;
      node.scheduler.after(PERIOD_MS, () => loop(node));
    },
  };
}

/** Everybody carries for everybody and nobody pays: the player of the baseline `no-incentive`. */
export function cooperator(): Player {
  return {
    kind: 'cooperator',
    prepare: ({ mesh }) => {
      mesh.relay.backable = () => false;
      mesh.channels.want = () => {};
    },
  };
}

/** The same, but a node that does not relay: the free rider of a world without money. */
export function freeCooperator(): Player {
  const base = cooperator();
  return {
    ...freeRider(),
    prepare: (node) => {
      base.prepare?.(node);
      refuseRoutes(node, () => true);
    },
  };
}

