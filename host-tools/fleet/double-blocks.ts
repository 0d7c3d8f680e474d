// Two different headers that one gateway signed for one slot (SPEC F2.4, ledger L7.7): the proof that it wrote two
// blocks. Remembers what it saw of the last slots; signatures are checked only when two headers differ.
import { nodeCrypto } from '../crypto/index.ts';
import type { Block, Ledger, LedgerDeps } from '../ledger/index.ts';
import { blockHash, encodeTx, headerMessage, TxKind } from '../ledger/index.ts';

const REMEMBERED = 1024;

export class DoubleBlocks {
  private readonly seen = new Map<string, Pick<Block, 'headerBytes' | 'signature'>>();

  constructor(
    private readonly ledger: Ledger,
    private readonly verify: LedgerDeps['verify'],
  ) {}

  /** An EVIDENCE transaction when this block and an earlier one prove it. */
  see({ header, headerBytes, signature }: Block): Uint8Array | undefined {
    const key = `${header.producer} ${header.slot}`;
    const before = this.seen.get(key);
    if (before === undefined) {
      this.remember(key, { headerBytes: headerBytes.slice(), signature: signature.slice() });
      return undefined;
    }
    if (Buffer.compare(before.headerBytes, headerBytes) === 0) return undefined;
    const now = { headerBytes: headerBytes.slice(), signature: signature.slice() };
    if (!this.isSigned(header.producer, now)) return undefined;
    // Somebody's forgery came first: it proves nothing and must not hide what will.
    if (!this.isSigned(header.producer, before)) return void this.seen.set(key, now);
    return evidence(before, now);
  }

  private remember(key: string, value: Pick<Block, 'headerBytes' | 'signature'>): void {
    this.seen.set(key, value);
    if (this.seen.size > REMEMBERED) this.seen.delete(this.seen.keys().next().value!);
  }

  private isSigned(
    producer: number,
    { headerBytes, signature }: Pick<Block, 'headerBytes' | 'signature'>,
  ): boolean {
    const gateway = this.ledger.gateway(producer);
    if (gateway === undefined) return false;
    return this.verify(gateway.blockKey, headerMessage(this.ledger.ledgerId, headerBytes), signature);
  }
}

type Signed = Pick<Block, 'headerBytes' | 'signature'>;

/** The order is fixed, so that every gateway makes the same transaction. */
function evidence(one: Signed, other: Signed): Uint8Array {
  const sorted = [one, other].sort((a, b) =>
    Buffer.compare(blockHash(nodeCrypto, a.headerBytes), blockHash(nodeCrypto, b.headerBytes)),
  );
  const [first, second] = sorted as [Signed, Signed];
  return encodeTx({
    kind: TxKind.EVIDENCE,
    first: first.headerBytes,
    firstSignature: first.signature,
    second: second.headerBytes,
    secondSignature: second.signature,
  });
}
