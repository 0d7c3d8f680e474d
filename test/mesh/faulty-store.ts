// A board's flash in memory, with a power cut at a chosen write: before it, when the old value stays, or
// right after it, when nothing that depends on the new one has happened yet. Used by the tests of this
// folder.
import type { StorePort } from '#mesh';

export class PowerCut extends Error {}

export class FaultyStore implements StorePort {
  private readonly records: Map<string, Uint8Array>;
  /** Writes since the board was made. */
  writes = 0;
  /** Number of the write at which the power goes, and whether that write still gets through. */
  cutAt = -1;
  cutAfter = false;
  lastName = '';

  constructor(files: Map<string, Uint8Array>) {
    this.records = new Map(files);
  }

  read(name: string): Uint8Array | undefined {
    return this.records.get(name)?.slice();
  }

  readAt(name: string, offset: number, count: number): Uint8Array | undefined {
    return this.records.get(name)?.slice(offset, offset + count);
  }

  write(name: string, bytes: Uint8Array): void {
    const cut = this.writes++ === this.cutAt;
    this.lastName = name;
    if (cut && !this.cutAfter) throw new PowerCut(name);
    this.records.set(name, bytes.slice());
    if (cut) throw new PowerCut(name);
  }

  /** A record that provisioning wrote. */
  file(name: string): Uint8Array {
    const bytes = this.read(name);
    if (bytes === undefined) throw new Error(`no record ${name}`);
    return bytes;
  }

  names(): string[] {
    return [...this.records.keys()];
  }
}
