// Virtual boards as what runs on an emulated board after its start: the emulated chip carries the bytes, the
// engine answers. Starts and stops follow the chip's resets, one after the other.
import type { ApplicationFactory } from '../../host-tools/flash/esp-rom-emulator/prompt-application.ts';
import type { Board } from '../../host-tools/virtual/board.ts';

/** `last` resolves when everything that was started has ended or stands. */
export function boardApplication(make: () => Board): { factory: ApplicationFactory; last(): Promise<void> } {
  let tail: Promise<void> = Promise.resolve();
  return {
    last: () => tail,
    factory: (output) => {
      const board = make();
      let stopped = false;
      board.console.onData((bytes) => {
        if (!stopped) output(bytes);
      });
      tail = tail.then(() => (stopped ? undefined : board.start()));
      return {
        input: (bytes) => board.console.write(bytes),
        stop() {
          stopped = true;
          tail = tail.then(() => board.stop());
        },
      };
    },
  };
}
