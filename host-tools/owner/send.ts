// From a signed transaction to the block that holds it: hands it in, follows it, hands it in again when the gateway
// has forgotten it, and says what became of it. The same bytes count once, so nothing here can pay twice.
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, ExitCode } from '../cli/cli-error.ts';
import type { ParamsView, SubmitView, TransactionView } from '../gateway/owner-view.ts';
import { codeText, TxCode } from '../ledger/index.ts';
import type { GatewayClient } from './gateway-client.ts';

export interface Patience {
  /** False: handed in is enough. */
  wait: boolean;
  /** Seconds to wait for a block. */
  timeoutS: number;
}

/** What a command reports of a transaction; height 0 while it waits. */
export type Sent = Pick<TransactionView, 'id' | 'state' | 'height' | 'code' | 'text'>;

/** How long a signature stays good: long enough for a gateway that restarts, short enough to be over soon. */
const VALID_S = 900;
const VALID_HEIGHTS_MIN = 10;
const POLL_MS_MIN = 50;
const POLL_MS_MAX = 2000;

/** Three slots, and some seconds for the way there. */
export function defaultTimeoutS({ blockIntervalS }: Pick<ParamsView, 'blockIntervalS'>): number {
  return 3 * blockIntervalS + 15;
}

export function lastValidHeight({ height, blockIntervalS }: Pick<ParamsView, 'height' | 'blockIntervalS'>): number {
  return height + Math.max(VALID_HEIGHTS_MIN, Math.ceil(VALID_S / blockIntervalS));
}

/** Throws a CliError when the ledger refuses it, or no block holds it in time. */
export async function send(
  client: GatewayClient,
  params: ParamsView,
  transaction: Uint8Array,
  patience: Patience,
): Promise<Sent> {
  const first = await client.submit(transaction);
  if (first.code !== TxCode.OK) throw refused(first);
  if (!patience.wait) return { ...first, state: 'waiting', height: 0 };
  return follow(client, params, transaction, first, patience.timeoutS);
}

async function follow(
  client: GatewayClient,
  { height, blockIntervalS }: ParamsView,
  transaction: Uint8Array,
  { id }: SubmitView,
  timeoutS: number,
): Promise<Sent> {
  const untilMs = performance.now() + timeoutS * 1000;
  const pollMs = Math.min(POLL_MS_MAX, Math.max(POLL_MS_MIN, blockIntervalS * 100));
  while (performance.now() < untilMs) {
    try {
      const view = await client.transaction(id, height + 1);
      if (view?.state === 'included') return view;
      if (view?.state === 'refused') throw refused(view);
      // A gateway that restarted has an empty pool; what a block holds already is found by `since`.
      if (view === undefined) await client.submit(transaction);
    } catch (error) {
      if (!(error instanceof CliError) || error.exitCode !== ExitCode.NoGateway) throw error;
    }
    await sleep(pollMs);
  }
  throw new CliError(
    `no block within ${timeoutS} s holds the transaction ${id}`,
    'It may still get into one: look at the balance before sending again, or wait longer with --timeout S.',
    ExitCode.NotIncluded,
  );
}

const REMEDIES: Partial<Record<TxCode, string>> = {
  [TxCode.BAD_SIGNATURE]: 'Sign with the key that owns this: `fairhop keys list`.',
  [TxCode.BAD_NONCE]: 'Another transaction of this owner came first; run the command again.',
  [TxCode.TOO_LATE]: 'Run the command again: it signs anew.',
  [TxCode.UNKNOWN_OWNER]: 'An owner has an account once a node of its own joins, or a vote admits it as a member.',
  [TxCode.UNKNOWN_NODE]: '`fairhop node list --all` shows the nodes.',
  [TxCode.UNKNOWN_GATEWAY]: '`fairhop params` shows the gateways.',
  [TxCode.UNKNOWN_COMMUNITY]: '`fairhop params` shows the pools; communities begin at 16.',
  [TxCode.ADDRESS_TAKEN]: 'Choose another address; one that was used never comes back.',
  [TxCode.BAD_ADDRESS]: 'Choose another address.',
  [TxCode.LINE_TOO_LARGE]: '`fairhop params` shows the largest line; give less with --line.',
  [TxCode.NO_FREE_CREDIT]: 'Vouch for less with --line, or free some credit: `fairhop balance`.',
  [TxCode.WRONG_GENERATION]: 'Run the command again: it takes the next generation.',
  [TxCode.OPEN_CHANNELS]: 'Wait until its channels have run out, or close them.',
  [TxCode.NOTICE_GIVEN]: 'Wait for the end of the notice: `fairhop node list`.',
  [TxCode.BAD_AMOUNT]: 'Only what was earned and is not reserved moves: `fairhop balance`.',
  [TxCode.BAD_PROPOSAL]: '`fairhop params` shows the bounds.',
  [TxCode.UNKNOWN_PROPOSAL]: '`fairhop vote` lists the proposals.',
  [TxCode.VOTING_OVER]: '`fairhop vote` lists what can still be voted on.',
  [TxCode.VOTED]: 'A vote cannot be changed.',
  [TxCode.NO_VOTE]: 'Members vote, seven epochs after they were admitted.',
  [TxCode.BLOCK_FULL]: 'Send it again in a while.',
};

function refused({ code, id }: SubmitView): CliError {
  return new CliError(
    `the ledger refuses the transaction: ${codeText(code)} (code ${code}, id ${id.slice(0, 16)})`,
    REMEDIES[code as TxCode] ?? 'The codes are in section L9 of the ledger\'s specification.',
    ExitCode.Refused,
  );
}
