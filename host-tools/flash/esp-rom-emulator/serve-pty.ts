// Puts an emulated board behind a pseudo terminal, so that the real serial library opens it. A pty has no
// modem lines ("Inappropriate ioctl for device"): whoever opens it passes the changes to `board.setLines`
// through the hook of SerialPortLine. Used by tests.
import { openPty } from '../../serial/pty.ts';
import type { EmulatedBoard } from './emulated-board.ts';

export interface PtyServer {
  readonly path: string;
  close(): Promise<void>;
}

/** Throws with a remedy when neither socat nor script is installed. */
export async function servePty(board: EmulatedBoard): Promise<PtyServer> {
  const pty = await openPty();
  pty.stream.onData((bytes) => board.receive(bytes));
  board.output = (bytes) => pty.stream.write(bytes);
  // The pty goes with its helper, as the device node goes with an unplugged adapter.
  board.onUnplug = () => void pty.close();
  return {
    path: pty.path,
    async close() {
      board.stop();
      await pty.close();
    },
  };
}
