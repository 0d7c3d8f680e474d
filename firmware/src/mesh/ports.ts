// The doors of the node: what a board (or a virtual board, or a test) must provide. Types only.
// The state machine in node.ts never calls a port; main.ts carries its actions to these and brings events back.

/** A half-duplex LoRa radio. Everything is asynchronous; at most one frame is under way. */
export interface RadioPort {
  /**
   * Powers up and listens. `onFrame(frame, rssiDbm, snrDb)`: a frame whose hardware CRC held; the array belongs
   * to the receiver. `onSent(sent)`: ends each `send`; false means that channel activity was detected and
   * nothing was transmitted. `onFault(code)`: the driver recovered from a chip or bus fault (counted, logged).
   */
  start(
    onFrame: (frame: Uint8Array, rssiDbm: number, snrDb: number) => void,
    onSent: (sent: boolean) => void,
    onFault: (code: number) => void,
  ): void;
  /** Channel activity detection, then transmission, then listening again. The frame is 1..255 bytes. */
  send(frame: Uint8Array): void;
}

/** Small records that survive a power cut: a `write` that returned is durable, one cut short leaves the old value. */
export interface StorePort {
  read(name: string): Uint8Array | undefined;
  write(name: string, bytes: Uint8Array): void;
  erase(name: string): void;
}
