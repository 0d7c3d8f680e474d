// Audits (SPEC L7.8): whom this gateway states a pass for, when it is drawn. It states only what it has seen itself in
// this epoch: a relay that its own board has paid, which a board does for proven deliveries alone; or a node whose
// packets arrived and that nobody pays for relaying, because nobody has a use for it as a relay. Gates the allowance
// only, so silence costs a node nothing but that. Pure; gateway.ts calls it after each block.
import { TxKind, signTx, type Ledger, type Node } from '../ledger/index.ts';
import { NodeStatus } from '../ledger/index.ts';

/** Signed and checked in one go: bounds what a block's end takes. */
const AUDITS_AT_ONCE = 16;

export interface AuditParts {
  ledger: Ledger;
  /** The gateway's own, which is its board's too. */
  address: number;
  sign(message: Uint8Array): Uint8Array;
  /** Whether a packet of this node has arrived in this epoch. */
  wasHeard(address: number): boolean;
  /** OK when the ledger would take it, which includes that this gateway is drawn. */
  isTaken(transaction: Uint8Array): boolean;
}

export class Auditor {
  /** Looked at in this epoch with nothing to state; looked at again when the round is over. */
  private queue: number[] = [];
  private epoch = -1;

  constructor(private readonly parts: AuditParts) {}

  /** Statements for the next block; a few nodes are looked at each time, all of them again and again. */
  statements(): Uint8Array[] {
    const { ledger, address } = this.parts;
    const epoch = Math.floor((ledger.height + 1) / ledger.params.epoch);
    if (epoch !== this.epoch || this.queue.length === 0) {
      this.epoch = epoch;
      this.queue = [...ledger.nodes()].filter((node) => this.isOpen(node, epoch)).map((node) => node.address);
    }
    const passed: Uint8Array[] = [];
    for (const subject of this.queue.splice(0, AUDITS_AT_ONCE)) {
      const node = ledger.account(subject);
      if (node === undefined || !this.isOpen(node, epoch) || !this.passes(node, epoch)) continue;
      const fields = { auditor: address, subject, epoch };
      const transaction = signTx(ledger.ledgerId, TxKind.AUDIT, fields, this.parts.sign);
      if (this.parts.isTaken(transaction)) passed.push(transaction);
    }
    return passed;
  }

  private isOpen(node: Node, epoch: number): boolean {
    const done = node.auditedAt !== 0 && Math.floor(node.auditedAt / this.parts.ledger.params.epoch) === epoch;
    return node.status === NodeStatus.ACTIVE && node.address !== this.parts.address && !done;
  }

  private passes(node: Node, epoch: number): boolean {
    const { ledger, address } = this.parts;
    const since = epoch * ledger.params.epoch;
    const earns = ledger.channelsOf(node.address).filter(({ payee }) => payee === node.address);
    if (earns.length === 0) return this.parts.wasHeard(node.address);
    return earns.some(({ payer, claimed, settled }) => payer === address && settled > 0 && claimed >= since);
  }
}
