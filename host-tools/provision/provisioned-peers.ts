// The boards that were provisioned with a data directory, as others need to know them: address, name, link key. Read
// by provisioning for the next board's key table and by the gateway for its own.
import { readRecords } from './provision-files.ts';

export interface Peer {
  address: number;
  linkKey: Uint8Array;
}

/** Boards that were provisioned here, on the ledger or not: the gateway's own key table needs them too. */
export function provisionedPeers(directory: string): (Peer & { name: string })[] {
  return readRecords(directory)
    .filter(({ state }) => state === 'written')
    .map(({ address, name, linkKey }) => ({
      address,
      name,
      linkKey: new Uint8Array(Buffer.from(linkKey, 'hex')),
    }));
}
