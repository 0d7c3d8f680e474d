// What a ledger's streams, subjects and bucket are called in the engine (SPEC F1). The ledger's id is in every name, so
// one cluster can serve several ledgers, and permissions can be given per ledger and per gateway.
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** 8 hex digits: the last token of a gateway's subjects. */
export function addressToken(address: number): string {
  return address.toString(16).padStart(8, '0');
}

/** Undefined for a token that is no address. */
export function addressOf(token: string): number | undefined {
  return /^[0-9a-f]{8}$/.test(token) ? Number.parseInt(token, 16) : undefined;
}

export type Kind = 'block' | 'tx' | 'head' | 'air';

export interface Names {
  blocks: string;
  pool: string;
  heads: string;
  /** Object store: snapshots and chequebooks. */
  bucket: string;
  genesisSubject: string;
  subject(kind: Kind, address: number): string;
  all(kind: Kind): string;
}

export function namesOf(ledgerId: Uint8Array): Names {
  const id = hex(ledgerId);
  return {
    blocks: `FAIRHOP_${id}_BLOCKS`,
    pool: `FAIRHOP_${id}_POOL`,
    heads: `FAIRHOP_${id}_HEADS`,
    bucket: `FAIRHOP_${id}`,
    genesisSubject: `fairhop.${id}.genesis`,
    subject: (kind, address) => `fairhop.${id}.${kind}.${addressToken(address)}`,
    all: (kind) => `fairhop.${id}.${kind}.*`,
  };
}

/** The ledger id of a block stream's name, as 16 hex digits; undefined for other streams. */
export function ledgerOfStream(name: string): string | undefined {
  return /^FAIRHOP_([0-9a-f]{16})_BLOCKS$/.exec(name)?.[1];
}
