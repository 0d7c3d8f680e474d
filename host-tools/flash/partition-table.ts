// The ESP-IDF partition table (guide "Partition Tables"): 32-byte entries, then an MD5 of those before it.
// Owns reading and judging it. The flasher asks it where Espruino's Storage lies and how much flash the
// layout needs; the emulator's boot check asks it for the application.
import { createHash } from 'node:crypto';

const ENTRY_BYTES = 32;
const ENTRY_MAGIC = 0x50aa;
const MD5_MAGIC = 0xebeb;

export interface Partition {
  readonly label: string;
  /** 0 = application, 1 = data. */
  readonly type: number;
  readonly subtype: number;
  readonly address: number;
  readonly sizeBytes: number;
}

export type PartitionTable =
  | { readonly ok: true; readonly partitions: readonly Partition[]; readonly endAddress: number }
  | { readonly ok: false; readonly problem: string };

export function parsePartitionTable(bytes: Uint8Array): PartitionTable {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const partitions: Partition[] = [];
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    const magic = view.getUint16(at, true);
    if (magic === MD5_MAGIC) {
      const md5 = createHash('md5').update(bytes.subarray(0, at)).digest();
      if (md5.compare(bytes, at + 16, at + 32) !== 0) return { ok: false, problem: 'MD5 mismatch' };
      return finished(partitions);
    }
    if (magic !== ENTRY_MAGIC) return finished(partitions);
    const label = Buffer.from(bytes.subarray(at + 12, at + 28))
      .toString('latin1')
      .replace(/\0.*$/s, '');
    partitions.push({
      label,
      type: bytes[at + 2]!,
      subtype: bytes[at + 3]!,
      address: view.getUint32(at + 4, true),
      sizeBytes: view.getUint32(at + 8, true),
    });
  }
  return finished(partitions);
}

function finished(partitions: Partition[]): PartitionTable {
  if (partitions.length === 0) return { ok: false, problem: 'no entries' };
  const endAddress = Math.max(...partitions.map((p) => p.address + p.sizeBytes));
  return { ok: true, partitions, endAddress };
}
