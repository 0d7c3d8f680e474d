// The board's talk with a computer on USB: one JSON object a line out, Espruino EVENT packets in (both described in
// docs/console.md). Nobody may be listening; nothing here waits for an answer.

/** A line out. `t` names its kind; bytes are base64 text (`bytesText`). */
export function say(line: object): void {
  print(JSON.stringify(line));
}

/** Messages in: whatever the host sent, already parsed; not to be trusted. */
export function listen(onMessage: (message: any) => void): void {
  E.on('packet', onMessage);
}

export function bytesText(bytes: Uint8Array): string {
  const text = E.toString(bytes);
  return text === undefined ? '' : btoa(text);
}

/** Bytes of a base64 text, or undefined when it is none. */
export function textBytes(text: any): Uint8Array | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const bytes = E.toUint8Array(atob(text));
    // A copy of its own: the interpreter may hand out a view of the string.
    return bytes ? new Uint8Array(bytes) : undefined;
  } catch (e) {
    return undefined;
  }
}
