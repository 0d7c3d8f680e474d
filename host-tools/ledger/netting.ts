// What guarantee trees earned from each other in an epoch (SPEC L8.6): a report that one pass over the claims makes.
// No rule uses it. Handed the results of each block by whoever replays a chain (`fairhop chain netting`).
import { TxCode } from './codes.ts';
import { TxKind } from './constants.ts';
import type { TxResult } from './ledger.ts';
import type { LedgerView } from './ledger-view.ts';
import type { Node } from './records.ts';
import { keyText } from './records.ts';

/** Nodes of one community with one guarantor, towards all others; credits. */
export interface TreeNet {
  community: number;
  guarantor: Uint8Array;
  /** Settled to its nodes by nodes of other trees, and by its nodes to those; levies included. */
  in: number;
  out: number;
}

export class Netting {
  private readonly trees = new Map<string, TreeNet>();

  /** `results` of a block that the ledger has just applied. */
  add(ledger: LedgerView, results: TxResult[]): void {
    for (const { code, tx, transfers } of results) {
      if (code !== TxCode.OK || tx?.kind !== TxKind.CLAIM) continue;
      const channel = ledger.channel(tx.payer, tx.generation, tx.chain);
      // Released by the end of this very block: its payee is in the transfers.
      const payee = channel === undefined ? transfers[0]?.to : ledger.account(channel.payee);
      const payer = ledger.account(tx.payer);
      if (payer === undefined || payee === undefined || !('guarantor' in payee)) continue;
      // Payee and pools together: what the links are worth. A pure refill moves nothing.
      const amount = transfers.reduce((sum, transfer) => sum + transfer.amount, 0);
      this.settle(payer, payee, amount);
    }
  }

  private settle(payer: Node, payee: Node, amount: number): void {
    const [from, to] = [this.treeOf(payer), this.treeOf(payee)];
    if (from === to) return;
    from.out += amount;
    to.in += amount;
  }

  private treeOf({ community, guarantor }: Node): TreeNet {
    const name = `${community}:${keyText(guarantor)}`;
    const tree = this.trees.get(name) ?? { community, guarantor, in: 0, out: 0 };
    this.trees.set(name, tree);
    return tree;
  }

  /** By community, then by guarantor; the nets sum to zero. */
  nets(): TreeNet[] {
    const byName = (a: TreeNet, b: TreeNet): number =>
      a.community - b.community || Buffer.compare(a.guarantor, b.guarantor);
    return [...this.trees.values()].sort(byName);
  }
}
