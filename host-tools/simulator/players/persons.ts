// Players behind whom stands a person with owners' keys, guarantees and perhaps a gateway: what somebody can do with
// transactions and with a home gateway, beside what a board can do on the air.
import { Book, StatePayload, getU16, getU32, putU16 } from '#protocol';
import { signEd25519 } from '../../crypto/index.ts';
import { TxCode, TxKind, signTx } from '../../ledger/index.ts';
import { addressOf, joinOf } from '../founding.ts';
import type { SimNode } from '../sim-node.ts';
import type { World } from '../world.ts';
import type { Player } from './player.ts';
import { freeRider } from './takers.ts';

/** A name is used up when less than this part of its line is left to spend. */
const USED_UP = 1 / 16;
/** Links that a lying gateway adds to a channel's limit. */
const FALSE_LINKS = 256;

/**
 * One person's names, one after another: each spends its line as fast as it can and carries nothing, is switched off
 * when the line is used up, leaves as soon as its channels allow, and the next one joins under the same guarantor.
 */
export function recycler(names: number[]): Player {
  const rider = freeRider();
  return {
    ...rider,
    kind: 'recycler',
    packetS: 15,
    block: (node, world) => {
      const { ledger } = world.chain;
      const account = ledger.account(node.address);
      const member = world.founding.members[node.index]!;
      const owner = world.founding.owners[member.owner]!;
      const { nonce } = ledger.account(owner.key)!;
      const turn = names.find((name) => !world.done.has(name));
      if (turn === node.index && account === undefined) {
        const join = joinOf(world.founding, member, addressOf(world.place.homes[node.index]!), nonce);
        if (ledger.check(join) === TxCode.OK) world.chain.submit(join);
      } else if (turn === node.index && !node.up) node.boot();
      else if (account !== undefined && turn === node.index) {
        if (account.balance + account.line - account.escrow > account.line * USED_UP) return;
        world.done.add(node.index);
        node.cut();
      } else if (account !== undefined && account.channels === 0 && world.done.has(node.index)) {
        const leave = signTx(ledger.ledgerId, TxKind.LEAVE, { address: node.address, nonce, validUntil: 10000 },
          (message) => signEd25519(owner.seed, message));
        if (ledger.check(leave) === TxCode.OK) world.chain.submit(leave);
      }
    },
  };
}

/** Spends as fast as it can on packets to the first gateway, carries nothing, and has a gateway that lies for it. */
export function accomplice(): Player {
  return { ...freeRider(), kind: 'accomplice', packetS: 15, target: () => 0 };
}

/**
 * A gateway that states passed audits for its accomplices, whenever it is drawn, and tells the nodes whose home it is
 * that the accomplices' channels hold more than the ledger does.
 */
export function lyingGateway(accomplices: number[]): Player {
  const payers = new Set(accomplices.map(addressOf));
  const forge = (plaintext: Uint8Array): void => {
    if (!payers.has(getU32(plaintext, StatePayload.PAYER))) return;
    const limit = getU16(plaintext, StatePayload.LIMIT) + FALSE_LINKS;
    putU16(plaintext, StatePayload.LIMIT, Math.min(limit, Book.LINKS));
  };
  return {
    kind: 'lying-gateway',
    block: (node, world) => {
      world.gateways[node.index]!.forge = forge;
      for (const subject of accomplices) statePass(node, world, subject);
    },
  };
}

function statePass(node: SimNode, world: World, subject: number): void {
  const { founding, chain } = world;
  const epoch = Math.floor((chain.ledger.height + 1) / world.params.epoch);
  const fields = { auditor: node.address, subject: addressOf(subject), epoch };
  const sign = (message: Uint8Array): Uint8Array => signEd25519(founding.blockSeeds[node.index]!, message);
  const bytes = signTx(founding.ledgerId, TxKind.AUDIT, fields, sign);
  if (chain.ledger.check(bytes) === TxCode.OK) chain.submit(bytes);
}
