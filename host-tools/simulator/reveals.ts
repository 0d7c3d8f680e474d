// The key chain of each gateway (SPEC 4.10, SPEC L7.7) for scenarios in which consensus weight matters: registered
// once, then one key an epoch. Without reveals nobody has weight and gateways take turns.
import { Purpose, bookPrefix, walk } from '#protocol';
import { signEd25519 } from '../crypto/index.ts';
import { TxCode, TxKind, encodeTx, signTx } from '../ledger/index.ts';
import { fastCrypto } from './fast-crypto.ts';
import type { SimGateway } from './sim-gateway.ts';
import type { World } from './world.ts';

/** Slots that a chain lasts; more than any run has blocks. */
const SLOTS = 4096;
const KEY_BYTES = 16;

/** After each block: register the chain, or reveal the key of the last slot of the epoch before. */
export function reveal(gateway: SimGateway, world: World): void {
  const { ledger } = world.chain;
  const { address } = gateway.node;
  const known = ledger.gateway(address);
  if (known === undefined) return;
  const member = world.founding.members[gateway.node.index]!;
  const top = member.linkSecret.subarray(0, KEY_BYTES);
  const prefix = bookPrefix({ ledger: ledger.ledgerId, address, generation: 0 }, Purpose.HEADER_STEP, 0, 0);
  if (known.registered === 0) {
    const owner = world.founding.owners[member.owner]!;
    gateway.chainSlot = ledger.slotAt(world.unixS());
    const fields = {
      address, owner: owner.key, blockKey: known.blockKey, teslaAnchor: walk(fastCrypto, prefix, top, SLOTS),
      anchorSlot: gateway.chainSlot, nonce: ledger.account(owner.key)!.nonce, validUntil: 10000,
    };
    const sign = (message: Uint8Array): Uint8Array => signEd25519(owner.seed, message);
    world.chain.submit(signTx(ledger.ledgerId, TxKind.GATEWAY, fields, sign));
    return;
  }
  const steps = SLOTS - (ledger.counters.epochSlot - gateway.chainSlot);
  if (steps > SLOTS || steps < 0) return;
  const bytes = encodeTx({ kind: TxKind.REVEAL, gateway: address, key: walk(fastCrypto, prefix, top, steps) });
  if (ledger.check(bytes) === TxCode.OK) world.chain.submit(bytes);
}
