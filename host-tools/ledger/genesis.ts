// Genesis: the one document that names a ledger and fixes its parameters (SPEC L1). Its SHA-256 is the ledger's
// identity, so two ledgers never share a payment chain. Read by every gateway at its start; pure.
import type { Crypto, RadioProfile } from '#protocol';
import { referencePathPrice, Window } from '#protocol';
import { Bound, LedgerVersion } from './constants.ts';
import { concat, isZero, layout } from './layout.ts';

export interface GenesisOwner {
  /** Ed25519 public key. */
  key: Uint8Array;
  /** What the owner may guarantee to nodes: a line reserved from the treasury, credits. */
  line: number;
}

export interface GenesisGateway {
  /** Index into `owners`. */
  owner: number;
  address: number;
  /** Ed25519 public key that signs blocks. */
  blockKey: Uint8Array;
  /** Last revealed key of the TESLA chain, 16 bytes. */
  teslaAnchor: Uint8Array;
}

/** Everything in P, credits, links, per mille or heights as named; SPEC L1 has the layout. */
export interface GenesisParams {
  createdS: number;
  /** 16 random bytes: two ledgers made in the same second differ. */
  salt: Uint8Array;
  spreadingFactor: number;
  bandwidthHz: number;
  codingRate: number;
  preambleSymbols: number;
  /** Up to 8 ASCII letters and digits, such as EU868. */
  region: string;
  creditLineP: number;
  payBatchP: number;
  /** Window that a payer signs by default, rounded up to a window code. */
  windowP: number;
  trustMaxP: number;
  /** Links a payee lets run up before its first claim on a channel. */
  claimFirst: number;
  levyLocalPerMille: number;
  levyGlobalPerMille: number;
  demurragePerMille: number;
  blockIntervalS: number;
  moneyRound: number;
  epoch: number;
  channelEpochs: number;
  plannedNodes: number;
  /** Share keys of the communities that exist from the start; the first is number 16. */
  communities: number[];
  owners: GenesisOwner[];
  gateways: GenesisGateway[];
}

const MAGIC = new Uint8Array([0x46, 0x48, 0x47, 0x4e]);

const HEAD = layout([
  ['magic', 4], ['version', 'u8'], ['createdS', 'u48'], ['salt', 16],
  ['spreadingFactor', 'u8'], ['bandwidthHz', 'u32'], ['codingRate', 'u8'], ['preambleSymbols', 'u16'],
  ['region', 8],
  ['creditLineP', 'u16'], ['payBatchP', 'u8'], ['windowP', 'u8'], ['trustMaxP', 'u8'], ['claimFirst', 'u16'],
  ['levyLocalPerMille', 'u16'], ['levyGlobalPerMille', 'u16'], ['demurragePerMille', 'u16'],
  ['blockIntervalS', 'u16'], ['moneyRound', 'u16'], ['epoch', 'u16'], ['channelEpochs', 'u8'],
  ['plannedNodes', 'u32'], ['communities', 'u8'], ['owners', 'u8'], ['gateways', 'u8'],
]);
const COMMUNITY = layout([['share', 'u16']]);
const OWNER = layout([['key', 32], ['line', 'u48']]);
const GATEWAY = layout([['owner', 'u8'], ['address', 'u32'], ['blockKey', 32], ['teslaAnchor', 16]]);

function regionBytes(region: string): Uint8Array {
  const bytes = new Uint8Array(8);
  for (let i = 0; i < region.length; i++) bytes[i] = region.charCodeAt(i);
  return bytes;
}

/** Undefined unless it is letters and digits, then zeros. */
function regionText(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes).replace(/\0+$/, '');
  return /^[A-Z0-9]{1,8}$/.test(text) ? text : undefined;
}

export function radioOf(params: GenesisParams): RadioProfile {
  return {
    spreadingFactor: params.spreadingFactor,
    bandwidthHz: params.bandwidthHz,
    codingRate: params.codingRate,
    preambleSymbols: params.preambleSymbols,
    explicitHeader: true,
    crc: true,
  };
}

/** Sentences about what is wrong; empty when the parameters can carry a ledger (SPEC L1.2). */
export function genesisFaults(params: GenesisParams): string[] {
  const faults: string[] = [];
  const within = (name: keyof GenesisParams, low: number, high: number): void => {
    const value = params[name];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) {
      faults.push(`${name} must be an integer from ${low} to ${high}`);
    }
  };
  within('spreadingFactor', 5, 12);
  within('bandwidthHz', 7800, 500000);
  within('codingRate', 1, 4);
  within('preambleSymbols', 6, 65535);
  within('creditLineP', 16, 4096);
  within('payBatchP', 1, 64);
  within('windowP', 4, 255);
  within('trustMaxP', 1, 64);
  within('claimFirst', 1, 1024);
  within('levyLocalPerMille', 0, 200);
  within('levyGlobalPerMille', 10, 200);
  within('demurragePerMille', 0, 500);
  within('blockIntervalS', 1, 3600);
  within('moneyRound', 1, 65535);
  within('epoch', 1, 65535);
  within('channelEpochs', 3, 60);
  within('plannedNodes', 1, 1000000);
  if (faults.length > 0) return faults;
  if (params.levyLocalPerMille + params.levyGlobalPerMille > Bound.LEVY_PER_MILLE)
    faults.push(`the levies must sum to at most ${Bound.LEVY_PER_MILLE}`);
  if (params.epoch % params.moneyRound !== 0) faults.push('epoch must be a multiple of moneyRound');
  if (!/^[A-Z0-9]{1,8}$/.test(params.region)) faults.push('region must be 1 to 8 capitals and digits');
  if (params.owners.length < 1 || params.owners.length > Bound.OWNERS) faults.push('1 to 64 owners');
  if (params.gateways.length < 1 || params.gateways.length > Bound.GATEWAYS) faults.push('1 to 64 gateways');
  if (params.communities.length < 1 || params.communities.length > Bound.COMMUNITIES) {
    faults.push('1 to 64 communities');
  }
  if (params.communities.reduce((sum, share) => sum + share, 0) < 1) faults.push('the share keys are all zero');
  faults.push(...identityFaults(params));
  return faults;
}

function identityFaults(params: GenesisParams): string[] {
  const faults: string[] = [];
  const supply = moneyOf(params).supply;
  if (supply > 2 ** 46) faults.push('the supply exceeds 2^46 credits');
  const lines = params.owners.reduce((sum, owner) => sum + owner.line, 0);
  if (lines > supply) faults.push('the owners\' lines exceed the supply');
  const keys = new Set(params.owners.map((owner) => owner.key.join()));
  if (keys.size !== params.owners.length) faults.push('two owners share a key');
  const addresses = new Set(params.gateways.map((gateway) => gateway.address));
  if (addresses.size !== params.gateways.length) faults.push('two gateways share an address');
  const blockKeys = new Set(params.gateways.map((gateway) => gateway.blockKey.join()));
  if (blockKeys.size !== params.gateways.length) faults.push('two gateways share a block key');
  for (const gateway of params.gateways) {
    if (gateway.owner >= params.owners.length) faults.push('a gateway names an owner that does not exist');
    if (gateway.address === 0 || gateway.address === 0xffffffff) faults.push('a gateway has a reserved address');
    if (isZero(gateway.blockKey)) faults.push('a gateway has no block key');
  }
  return faults;
}

/** The caller's own parameters: what is wrong with them is thrown as a RangeError with the first fault. */
export function encodeGenesis(params: GenesisParams): Uint8Array {
  const fault = genesisFaults(params)[0];
  if (fault !== undefined) throw new RangeError(`genesis: ${fault}`);
  const head = HEAD.encode({
    ...params,
    magic: MAGIC,
    version: LedgerVersion.GENESIS,
    region: regionBytes(params.region),
    communities: params.communities.length,
    owners: params.owners.length,
    gateways: params.gateways.length,
  });
  return concat([
    head,
    ...params.communities.map((share) => COMMUNITY.encode({ share })),
    ...params.owners.map((owner) => OWNER.encode(owner)),
    ...params.gateways.map((gateway) => GATEWAY.encode(gateway)),
  ]);
}

/** Undefined when the bytes are not exactly one valid genesis. */
export function decodeGenesis(bytes: Uint8Array): GenesisParams | undefined {
  const head = HEAD.decode(bytes.subarray(0, HEAD.size));
  if (head === undefined || !head.magic.every((byte, i) => byte === MAGIC[i])) return undefined;
  const region = regionText(head.region);
  if (head.version !== LedgerVersion.GENESIS || region === undefined) return undefined;
  let at = HEAD.size;
  const list = <T>(count: number, one: { size: number; decode(part: Uint8Array): T | undefined }): T[] => {
    const items: T[] = [];
    for (let i = 0; i < count; i++, at += one.size) {
      const item = one.decode(bytes.subarray(at, at + one.size));
      if (item !== undefined) items.push(item);
    }
    return items;
  };
  const communities = list(head.communities, COMMUNITY).map((community) => community.share);
  const owners = list(head.owners, OWNER);
  const gateways = list(head.gateways, GATEWAY);
  if (at !== bytes.length) return undefined;
  const { magic: _magic, version: _version, ...rest } = head;
  const params: GenesisParams = { ...rest, region, communities, owners, gateways };
  return genesisFaults(params).length === 0 ? params : undefined;
}

/** First 8 bytes of SHA-256 over the genesis bytes. */
export function ledgerIdOf(crypto: Pick<Crypto, 'sha256'>, genesis: Uint8Array): Uint8Array {
  return crypto.sha256([genesis]).slice(0, 8);
}

/** The money parameters that follow from P. Credits, except where the name says links. */
export interface Money {
  pathPrice: number;
  linkValue: number;
  creditLine: number;
  payBatch: number;
  /** Window code of OPEN for `windowP`: 2^code links. */
  windowCode: number;
  trustMax: number;
  supply: number;
}

function windowCodeFor(credits: number, linkValue: number): number {
  let code = 0;
  while (code < Window.CODE_MAX && 2 ** code * linkValue < credits) code += 1;
  return code;
}

/**
 * linkValue is P/2 rounded up to a power of two, so that hosts and boards divide by shifting. The supply follows from
 * the credit line at the founding (`foundingLineP`), whatever a vote made of it since.
 */
export function moneyOf(params: GenesisParams, foundingLineP = params.creditLineP): Money {
  const pathPrice = referencePathPrice(radioOf(params));
  let linkValue = 1;
  while (2 * linkValue < pathPrice) linkValue *= 2;
  return {
    pathPrice,
    linkValue,
    creditLine: params.creditLineP * pathPrice,
    payBatch: params.payBatchP * pathPrice,
    windowCode: windowCodeFor(params.windowP * pathPrice, linkValue),
    trustMax: params.trustMaxP * pathPrice,
    supply: foundingLineP * pathPrice * params.plannedNodes,
  };
}
