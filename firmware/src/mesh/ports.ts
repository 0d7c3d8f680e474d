// The doors of the node: what a board (or a virtual board, or a test) must provide. Types only.
// The state machine in node.ts never calls the radio or a clock; main.ts carries its actions to these and
// brings events back. The store alone is called from inside, because a value must be durable before the frame
// that depends on it exists (SPEC 8.6).

/** A half-duplex LoRa radio. Everything is asynchronous; at most one frame is under way. */
export interface RadioPort {
  /**
   * Powers up and listens. `onFrame(frame, rssiDbm, snrDb)`: a frame whose hardware CRC held; the array
   * belongs to the receiver. `onSent(sent)`: ends each `send`; false means that channel activity was detected
   * and nothing was transmitted. `onFault(code)`: the driver recovered from a chip or bus fault (counted,
   * logged).
   */
  start(
    onFrame: (frame: Uint8Array, rssiDbm: number, snrDb: number) => void,
    onSent: (sent: boolean) => void,
    onFault: (code: number) => void,
  ): void;
  /** Channel activity detection, then transmission, then listening again. The frame is 1..255 bytes. */
  send(frame: Uint8Array): void;
}

/**
 * Small records that survive a power cut: a `write` that returned is durable, one cut short leaves the old
 * value.
 */
export interface StorePort {
  /** The whole record, or undefined when there is none. */
  read(name: string): Uint8Array | undefined;
  /** `count` bytes from `offset`, for records too large for the board's memory. */
  readAt(name: string, offset: number, count: number): Uint8Array | undefined;
  write(name: string, bytes: Uint8Array): void;
}
