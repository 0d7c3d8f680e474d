// What the gateway's own board must be told: proofs of delivery and the state of its channels. One at a time, each
// again until the board has taken it or it is too late to matter; a pulled cable or a reboot loses none of them.
// All of them may be carried out twice without harm. Owns no port and no clock.

interface Errand {
  run(): Promise<void>;
  untilMs: number;
}

const WAITING_MAX = 512;

export class Errands {
  dropped = 0;
  private readonly waiting = new Map<string, Errand>();
  private running = false;

  get size(): number {
    return this.waiting.size;
  }

  /** An errand of the same name takes the place of an older one. `run` rejects when it has to be tried again. */
  push(name: string, untilMs: number, run: () => Promise<void>): void {
    this.waiting.delete(name);
    if (this.waiting.size < WAITING_MAX) this.waiting.set(name, { run, untilMs });
    else this.dropped++;
  }

  /** Tries what waits, the oldest first, and ends at the first failure. Never rejects. */
  async go(nowMs: number): Promise<void> {
    if (this.running) return;
    this.running = true;
    // What is pushed meanwhile comes after and is met by the same loop.
    for (const [name, errand] of this.waiting) {
      if (errand.untilMs <= nowMs) this.dropped++;
      else if (!(await tried(errand))) break;
      if (this.waiting.get(name) === errand) this.waiting.delete(name);
    }
    this.running = false;
  }
}

async function tried({ run }: Errand): Promise<boolean> {
  try {
    await run();
    return true;
  } catch {
    return false;
  }
}
