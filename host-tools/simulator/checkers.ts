// What must hold at every moment of every run, whoever plays: money conserved, nobody below its line, escrow equal to
// the channels, one payment per packet and hop, no more links taken than were given, tables within their bounds,
// nobody on the air longer than allowed. Reads the world, changes nothing. Violations are sentences.
import { Acc, Index, Pn } from '#mesh';
import { Book } from '#protocol';
import type { Player } from './players/player.ts';
import type { SimNode } from './sim-node.ts';
import type { World } from './world.ts';

const VIOLATIONS_MAX = 20;
/** Messages a gateway may hold for its nodes, waiting and under way. */
const DOWNLINK_MAX = 1004;

export class Checkers {
  readonly violations: string[] = [];
  checks = 0;

  /** Everything that the public ledger alone shows; after each block. */
  afterBlock(world: World): void {
    this.checks++;
    this.money(world);
    this.escrow(world);
    for (const gateway of world.gateways) {
      this.hold(gateway.downlink.size <= DOWNLINK_MAX, () => `gateway ${gateway.node.index} holds too many messages`);
    }
  }

  /** What only somebody who sees into every board can compare; at the end. */
  atEnd(world: World): void {
    this.afterBlock(world);
    for (const node of world.nodes) {
      if (!node.booted) continue;
      this.links(world, node);
      this.airtime(world, node);
      this.books(world, node);
    }
  }

  private hold(condition: boolean, say: () => string): void {
    if (!condition && this.violations.length < VIOLATIONS_MAX) this.violations.push(say());
  }

  private money({ chain: { ledger } }: World): void {
    const totals = ledger.totals();
    this.hold(totals.conserved, () => `height ${ledger.height}: balances sum to ${totals.sum}, not ${totals.supply}`);
    for (const accounts of [ledger.owners(), ledger.nodes(), ledger.pools()]) {
      for (const account of accounts) {
        this.hold(ledger.free(account) >= 0, () => `height ${ledger.height}: an account is below its line`);
      }
    }
  }

  private escrow({ chain: { ledger } }: World): void {
    const held = new Map<number, number>();
    for (const channel of ledger.channels()) {
      this.hold(channel.settled <= channel.limit && channel.limit <= Book.LINKS, () => 'a channel is beyond its limit');
      const escrow = (channel.limit - channel.settled) * ledger.money.linkValue;
      held.set(channel.payer, (held.get(channel.payer) ?? 0) + escrow);
    }
    for (const node of ledger.nodes()) {
      const sum = held.get(node.address) ?? 0;
      this.hold(node.escrow === sum, () => `escrow of ${node.address} is ${node.escrow}, its channels hold ${sum}`);
    }
  }

  /** A payee never holds a link that its payer did not reveal, and a promise is never negative. */
  private links(world: World, node: SimNode): void {
    const { accounts, neighbours } = node.mesh.core;
    for (let nb = 0; nb < accounts.table.length / Acc.SIZE; nb++) {
      if (!neighbours.used(nb)) continue;
      const payerIndex = world.indexOf(neighbours.addressOf(nb));
      if (payerIndex === undefined) continue;
      const promised = accounts.i32(nb, Acc.IN_PENDING);
      this.hold(promised >= 0, () => `node ${node.index} counts negative promises from ${payerIndex}`);
      if (!world.nodes[payerIndex]!.booted) continue;
      const payer = world.nodes[payerIndex]!.mesh.core;
      const back = payer.neighbours.find(node.address);
      if (back === Index.NONE) continue;
      if (payer.accounts.u8(back, Acc.OUT_CHAIN) !== accounts.u8(nb, Acc.IN_CHAIN)) continue;
      const [given, taken] = [payer.accounts.u16(back, Acc.OUT_LINKS), accounts.u16(nb, Acc.IN_LINKS)];
      const most = Math.max(given, accounts.u16(nb, Acc.IN_SETTLED));
      this.hold(taken <= most, () => `node ${node.index} holds ${taken} links of ${payerIndex}, given ${given}`);
    }
  }

  /** Beyond its real chains a node's OPENs are refused, which no rule of the protocol does: the run says nothing. */
  private books({ params }: World, { index, mesh }: SimNode): void {
    const used = mesh.wallet.nextChain;
    this.hold(used <= params.chains, () => `node ${index} used ${used} chains of ${params.chains}: set chains higher`);
  }

  private airtime(world: World, node: SimNode): void {
    if (world.cast.players.get(node.index)?.kind === 'jammer') return;
    const perMille = world.ether.airtimeUs(node.index) / world.scheduler.nowMs();
    const most = world.params.dutyPerMille;
    this.hold(perMille <= most, () => `node ${node.index} was on the air ${perMille.toFixed(0)} of 1000, not ${most}`);
  }

  /**
   * Watches every settlement of a node: the same packet may be paid once per upstream. Wraps its player, because a
   * node's parts are new after every boot.
   */
  watch(player: Player): Player {
    const paid = new Set<string>();
    return {
      ...player,
      prepare: (node) => {
        player.prepare?.(node);
        const { settlement } = node.mesh;
        const parts = settlement as unknown as { settleUp(index: number): void };
        const settleUp = parts.settleUp.bind(settlement);
        parts.settleUp = (index) => {
          const { table } = settlement.pending;
          const at = index * Pn.SIZE;
          // Upstream, lock, source, destination and number name one promise; a budget of nothing promises nothing.
          if (settlement.pending.get16(index, Pn.IN) === 0) return settleUp(index);
          const bytes = [table[at + Pn.UP]!, ...table.subarray(at + Pn.LOCK, at + Pn.IN)];
          const name = Buffer.from(bytes).toString('base64');
          this.hold(!paid.has(name), () => `node ${node.index} was paid twice for one packet by one upstream`);
          paid.add(name);
          settleUp(index);
        };
      },
    };
  }
}
