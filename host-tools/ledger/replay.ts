// Replays a chain from its genesis and says where it is wrong. Every rule, signature and root is checked again; who
// stored the blocks is not trusted with anything.
import { codeText, BlockCode, blockCodeText, TxCode } from './codes.ts';
import { Ledger } from './ledger.ts';
import type { BlockResult, TxResult } from './ledger.ts';
import type { LedgerDeps } from './rules/context.ts';

export interface Replay {
  ledger: Ledger;
  transactions: number;
  /** Undefined when the chain is right; otherwise the first wrong block and why. */
  fault: { height: number; what: string } | undefined;
}

function faultText(result: BlockResult): string {
  const last = result.results.at(-1);
  const inside = result.code === BlockCode.BAD_TRANSACTION && last !== undefined && last.code !== TxCode.OK;
  return inside
    ? `transaction ${result.results.length} is refused: ${codeText(last.code)}`
    : blockCodeText(result.code);
}

/**
 * Applies blocks until the first that is refused. `each` is called after every good block, for progress or to store
 * it. Throws a RangeError for bytes that are no genesis.
 */
export function replayChain(
  deps: LedgerDeps,
  genesis: Uint8Array,
  blocks: Iterable<Uint8Array>,
  each: (ledger: Ledger, block: Uint8Array, results: TxResult[]) => void = () => undefined,
): Replay {
  return replayOnto(Ledger.fromGenesis(deps, genesis), blocks, each);
}

/** The same from a state in the middle: what led to it is not checked. */
export function replayOnto(
  ledger: Ledger,
  blocks: Iterable<Uint8Array>,
  each: (ledger: Ledger, block: Uint8Array, results: TxResult[]) => void = () => undefined,
): Replay {
  let transactions = 0;
  for (const block of blocks) {
    const result = ledger.applyBlock(block);
    if (result.code !== BlockCode.OK) {
      return { ledger, transactions, fault: { height: ledger.height + 1, what: faultText(result) } };
    }
    transactions += result.results.length;
    each(ledger, block, result.results);
  }
  const { supply, sum, conserved } = ledger.totals();
  const fault = conserved ? undefined : { height: ledger.height, what: `balances sum to ${sum}, not to ${supply}` };
  return { ledger, transactions, fault };
}
