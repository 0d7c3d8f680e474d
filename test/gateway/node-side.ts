// The other end of every packet as a node makes it (SPEC 4.2, 7.2), written against the key table that provisioning put
// on its board and not against the gateway's own code: numbering, preimage, lock, cipher.
import assert from 'node:assert/strict';
import { KeyRecord } from '#mesh';
import { getU32, lockOf, macKey, packetNonce, preimage } from '#protocol';
import { nodeCrypto } from '../../host-tools/crypto/index.ts';
import type { ArrivedPacket, PreparedPacket } from '../../host-tools/gateway/end-station.ts';
import { keyTable, type Identity } from '../../host-tools/provision/identity.ts';

const LOCK = 6;

export class NodeSide {
  private readonly keys: Uint8Array;

  constructor(
    readonly identity: Identity,
    private readonly peer: Identity,
    private readonly ledgerId: Uint8Array,
  ) {
    this.keys = keyTable(identity.linkSecret, [{ address: peer.address, linkKey: peer.linkKey }]);
    assert.equal(getU32(this.keys, KeyRecord.ADDRESS), peer.address);
  }

  private get mac() {
    return macKey(this.keys.slice(KeyRecord.END_MAC, KeyRecord.END_MAC + 16));
  }

  private get cipher(): Uint8Array {
    return this.keys.slice(KeyRecord.END_CIPHER, KeyRecord.END_CIPHER + 16);
  }

  packet(seq: number, plaintext: Uint8Array, packetClass = 0): ArrivedPacket {
    const [src, dst] = [this.identity.address, this.peer.address];
    const ciphertext = nodeCrypto.aesCtr(this.cipher, packetNonce(src, dst, seq), plaintext);
    const x = preimage(nodeCrypto, this.mac, packetClass, src, dst, seq, ciphertext);
    const lock = Uint8Array.from(lockOf(nodeCrypto, this.ledgerId, src, dst, seq % 65536, x));
    return { src, seq16: seq % 65536, packetClass, lock, ciphertext };
  }

  /** Whether these six bytes prove that the packet arrived. */
  proves(packet: ArrivedPacket, x: Uint8Array): boolean {
    const lock = lockOf(nodeCrypto, this.ledgerId, packet.src, this.peer.address, packet.seq16, x);
    return Buffer.compare(lock, packet.lock) === 0;
  }

  /** A packet of the peer's host, unbacked or backed; asserts that its lock is right for `seq`. */
  read(packet: PreparedPacket, seq: number, backed: boolean): Uint8Array {
    const [src, dst] = [this.peer.address, this.identity.address];
    const [unbacked] = packet.bytes;
    const [locks, body] = [packet.bytes.slice(1, 1 + 2 * LOCK), packet.bytes.slice(1 + 2 * LOCK)];
    const x = preimage(nodeCrypto, this.mac, backed ? 0x80 : unbacked!, src, dst, seq, body);
    const lock = lockOf(nodeCrypto, this.ledgerId, src, dst, packet.seq16, x);
    assert.deepEqual(locks.slice(backed ? LOCK : 0, backed ? 2 * LOCK : LOCK), Uint8Array.from(lock));
    return nodeCrypto.aesCtr(this.cipher, packetNonce(src, dst, seq), body);
  }
}
