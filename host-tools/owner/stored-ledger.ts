// The chain of a data directory, read without a gateway: the same answers as the API's, as of the last stored block.
// Works beside a running gateway too. Called by the commands for --offline.
import { LEDGER_DEPS } from '../gateway/chain-service.ts';
import { accountView, channelViews, nodeView, paramsView, proposalViews } from '../gateway/ledger-views.ts';
import { readChain } from '../gateway/store/index.ts';
import type { LedgerReader } from './gateway-client.ts';

/** Throws a StoreError when there is no chain, or a damaged one. */
export async function storedLedger(directory: string): Promise<LedgerReader> {
  const store = readChain(directory);
  try {
    const ledger = store.load(LEDGER_DEPS);
    return {
      account: async (id) => accountView(ledger, id),
      nodes: async () =>
        [...ledger.nodes()].sort((a, b) => a.address - b.address).map((node) => nodeView(ledger, node)),
      channels: async (address) => channelViews(ledger, parseInt(address, 16)),
      params: async () => paramsView(ledger),
      proposals: async () => proposalViews(ledger),
    };
  } finally {
    await store.close();
  }
}
