// Founds a ledger for one gateway and the boards around it, as `fairhop up` does on an empty data directory and as
// the simulator does for each run: genesis, the identities, and the joins that the first block takes in. Pure: what
// is random comes in as a function.
import type { GenesisParams } from '../ledger/index.ts';
import { encodeGenesis, ledgerIdOf, moneyOf, radioOf, signJoin } from '../ledger/index.ts';
import { ed25519PublicKey, nodeCrypto, signEd25519 } from '../crypto/index.ts';
import { PoolId } from '../ledger/index.ts';
import type { Identity, NodeSettings } from './identity.ts';
import { makeIdentity } from './identity.ts';

export interface Founding {
  genesis: Uint8Array;
  params: GenesisParams;
  ledgerId: Uint8Array;
  ownerSeed: Uint8Array;
  blockSeed: Uint8Array;
  gatewayAddress: number;
}

export interface FoundingInput {
  /** `count` random bytes. */
  random(count: number): Uint8Array;
  createdS: number;
  gatewayAddress: number;
  /** Those of a founding that was interrupted; without them new ones. */
  ownerSeed?: Uint8Array;
  blockSeed?: Uint8Array;
  /** Completes a profile with its founders, such as `deskProfile`. */
  profile(founders: Parameters<typeof import('../ledger/index.ts').deskProfile>[0]): GenesisParams;
}

/** One owner, one gateway, its block key and the genesis that names them. */
export function found(input: FoundingInput): Founding {
  const ownerSeed = input.ownerSeed ?? input.random(32);
  const blockSeed = input.blockSeed ?? input.random(32);
  const params = input.profile({
    createdS: input.createdS,
    salt: input.random(16),
    ownerKeys: [ed25519PublicKey(ownerSeed)],
    gateways: [
      {
        owner: 0,
        address: input.gatewayAddress,
        blockKey: ed25519PublicKey(blockSeed),
        teslaAnchor: input.random(16),
      },
    ],
  });
  const genesis = encodeGenesis(params);
  const ledgerId = ledgerIdOf(nodeCrypto, genesis);
  return { genesis, params, ledgerId, ownerSeed, blockSeed, gatewayAddress: input.gatewayAddress };
}

/** A board that belongs to the founding owner. */
export function newMember(
  founding: Founding,
  name: string,
  address: number,
  random: (count: number) => Uint8Array,
): Identity {
  return makeIdentity(name, address, 0, founding.ledgerId, { linkSecret: random(32), paySecret: random(32) });
}

/** The join of a member, vouched for by the founding owner itself; `nonce` is the owner's next. */
export function joinOf(founding: Founding, member: Identity, nonce: number, validUntil: number): Uint8Array {
  const owner = ed25519PublicKey(founding.ownerSeed);
  const sign = (message: Uint8Array) => signEd25519(founding.ownerSeed, message);
  return signJoin(
    founding.ledgerId,
    {
      address: member.address,
      owner,
      linkKey: member.linkKey,
      bookRoot: member.bookRoot,
      generation: member.generation,
      home: founding.gatewayAddress,
      community: PoolId.FIRST_COMMUNITY,
      guarantor: owner,
      line: moneyOf(founding.params).creditLine,
      ownerNonce: nonce,
      guarantorNonce: nonce,
      validUntil,
    },
    sign,
    sign,
  );
}

/**
 * A board in a field: quieter than on a table, to leave the air to the readings. The simulator's `freePerMille` is
 * this one; docs/economics.md says why it is the smallest above none.
 */
export const FIELD_PACE = {
  helloMinMs: 10_000,
  helloMaxMs: 300_000,
  receiptDelayMs: 2000,
  retryS: 60,
  freePerMille: 1,
};

/** The settings of a member's board that follow from the genesis; the rest is the caller's choice. */
export function settingsOf(
  founding: Founding,
  member: Pick<Identity, 'name' | 'address' | 'generation'>,
  networkKey: Uint8Array,
  choice: Pick<
    NodeSettings,
    'readingS' | 'helloMinMs' | 'helloMaxMs' | 'receiptDelayMs' | 'retryS' | 'freePerMille'
  > &
    Partial<Pick<NodeSettings, 'dutyPerMille' | 'servicePerMille'>>,
): NodeSettings {
  const { params } = founding;
  const money = moneyOf(params);
  return {
    // 1 % in most of the European band (ETSI EN 300 220-2 V3.2.1, annex B); in America dwell time counts instead.
    dutyPerMille: params.region === 'EU868' ? 10 : 1000,
    emergencyPerMille: 10,
    servicePerMille: 10,
    ...choice,
    name: member.name,
    address: member.address,
    home: founding.gatewayAddress,
    ledger: Buffer.from(founding.ledgerId).toString('hex'),
    networkKey: Buffer.from(networkKey).toString('hex'),
    generation: member.generation,
    endOnHost: member.address === founding.gatewayAddress,
    profile: radioOf(params),
    linkValue: money.linkValue,
    levyPerMille: params.levyLocalPerMille + params.levyGlobalPerMille,
    price: 16,
    trustMaxLinks: Math.floor(money.trustMax / money.linkValue),
    payBatchLinks: Math.ceil(money.payBatch / money.linkValue),
    claimFirstLinks: params.claimFirst,
    windowCode: money.windowCode,
    epochHeights: params.epoch,
    blockIntervalS: params.blockIntervalS,
  };
}
