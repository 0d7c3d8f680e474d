// The only door of this room: the ledger as a deterministic state machine, without I/O and without a clock.
export * from './codes.ts';
export { Action, Bound, LedgerVersion, PoolId, Rate, StateKind, TxKind } from './constants.ts';
export {
  decodeGenesis, encodeGenesis, genesisFaults, ledgerIdOf, moneyOf, radioOf,
  type GenesisGateway, type GenesisOwner, type GenesisParams, type Money,
} from './genesis.ts';
export { deskProfile, villageProfile, type Founders } from './profiles.ts';
export {
  decodeTx, encodeClaim, encodeOpen, encodeTx, signedMessage, signJoin, signTx, txId,
  type ClaimTx, type CloseTx, type Decoded, type JoinTx, type OpenTx, type ProposeTx, type TransferTx, type Tx,
} from './tx.ts';
export {
  decodeBlock, encodeBlock, type Block,
} from './block.ts';
export { blockHash, decodeHeader, HEADER_BYTES, headerMessage, type BlockHeader } from './header.ts';
export {
  accountName, decodeRecord, encodeRecord, freeOf, NodeStatus, recordKey, recordName,
  type Account, type Channel, type Gateway, type Meta, type Node, type Owner, type Pool, type Proposal, type Rates,
  type StateRecord,
} from './records.ts';
export { accountReference } from './rules/transfer.ts';
export { RATES as RATE_BOUNDS } from './rules/dao.ts';
export { releaseHeight } from './rules/channel.ts';
export type { LedgerDeps, Transfer } from './rules/context.ts';
export { entriesOf, logOf } from './commit.ts';
export {
  Ledger,
  type BlockResult, type BuildRequest, type BuiltBlock, type LedgerReader, type TxResult,
} from './ledger.ts';
export type { Totals } from './ledger-view.ts';
export { ChainFileError, readChainFile, writeChainFile, type ChainFile, type ReadBytes } from './chain-file.ts';
export { Netting, type TreeNet } from './netting.ts';
export { replayChain, replayOnto, type Replay } from './replay.ts';
