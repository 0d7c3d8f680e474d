// The ledger of a data directory as provisioning needs it, read beside a gateway that may be running: parameters,
// who is on it, who signs. An empty directory is founded first, as `fairhop up` would.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { LEDGER_DEPS } from '../gateway/chain-service.ts';
import { readDesk, readSecrets, RESTORE } from '../gateway/desk-files.ts';
import { openDesk } from '../gateway/desk.ts';
import { readChain, StoreError } from '../gateway/store/index.ts';
import type { Ledger } from '../ledger/index.ts';
import { decodeGenesis, ledgerIdOf } from '../ledger/index.ts';
import { nodeCrypto, x25519PublicKey } from '../crypto/index.ts';
import type { Founding } from './found-desk.ts';
import { addressText } from './identity.ts';
import { founderOf, type Owner } from './owners.ts';
import { provisionedPeers, type Peer } from './provisioned-peers.ts';

export interface HomeLedger {
  directory: string;
  founding: Founding;
  networkKey: Uint8Array;
  ledger: Ledger;
  founder: Owner;
  /** Everybody with whom a board may share a key: on the ledger, about to join, or seated at this gateway. */
  peers: Map<number, Peer>;
  /** The directory was empty and has been founded. */
  isNew: boolean;
}

/** Throws a StoreError with its remedy. */
export async function openHomeLedger(directory: string): Promise<HomeLedger> {
  const isNew = !existsSync(join(directory, 'desk.json'));
  if (isNew) await (await openDesk(directory)).store.close();
  const desk = readDesk(directory);
  const secrets = readSecrets(directory);
  const store = readChain(directory);
  try {
    const genesis = store.genesis();
    const params = genesis === undefined ? undefined : decodeGenesis(genesis);
    const { owner, block } = secrets;
    if (
      desk === undefined ||
      genesis === undefined ||
      params === undefined ||
      owner === undefined ||
      block === undefined
    )
      throw new StoreError(`the data directory ${directory} is incomplete`, RESTORE);
    const ledger = store.load(LEDGER_DEPS);
    const ledgerId = ledgerIdOf(nodeCrypto, genesis);
    const founding = {
      genesis,
      params,
      ledgerId,
      ownerSeed: owner,
      blockSeed: block,
      gatewayAddress: desk.gateway,
    };
    const peers = new Map<number, Peer>();
    for (const { address, linkKey } of ledger.nodes()) peers.set(address, { address, linkKey });
    for (const { address } of desk.members) {
      const secret = secrets[`link-${addressText(address)}`];
      if (secret !== undefined) peers.set(address, { address, linkKey: x25519PublicKey(secret) });
    }
    for (const peer of provisionedPeers(directory)) peers.set(peer.address, peer);
    const networkKey = new Uint8Array(Buffer.from(desk.networkKey, 'hex'));
    return { directory, founding, networkKey, ledger, founder: founderOf(owner), peers, isNew };
  } finally {
    await store.close();
  }
}
