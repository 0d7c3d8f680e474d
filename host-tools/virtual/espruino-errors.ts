// Errors as the interpreter words and prints them, made of what Node says. Frames carry FILE:LINE:COLUMN of
// the stored program, so that the monitor's source-map look-up works on virtual boards too. Frames of our own
// tools are left out.

/** "Uncaught ..." and the frames, each line ended by a newline. Anything may have been thrown. */
export function errorText(error: unknown): string {
  if (!isError(error)) return `Uncaught ${String(error)}\n`;
  const { name, message } = wording(error);
  return `Uncaught ${name}: ${message}\n${frames(error)}`;
}

function isError(value: unknown): value is Error {
  return Object.prototype.toString.call(value) === '[object Error]';
}

const READ_OF_NOTHING = /^Cannot (?:read|set) properties of (undefined|null) \((?:reading|setting) '(.*)'\)$/;

function wording(error: Error): { name: string; message: string } {
  const { name, message } = error;
  const missing = /^(\S+) is not defined$/.exec(message);
  if (name === 'ReferenceError' && missing) return { name, message: `"${missing[1]}" is not defined` };
  const nothing = READ_OF_NOTHING.exec(message);
  if (nothing) return { name: 'Error', message: `Can't read property '${nothing[2]}' of ${nothing[1]}` };
  const uncallable = /^(?:.*\.)?(\S+) is not a function/.exec(message);
  if (name !== 'TypeError' || !uncallable) return { name, message };
  return { name: 'Error', message: `Function "${uncallable[1]}" not found!` };
}

function frames(error: Error): string {
  const stack = typeof error.stack === 'string' ? error.stack : '';
  let out = '';
  for (const line of stack.split('\n')) {
    const frame = /^ +at (?:(?:new )?([\w$.]+) (?:\[as \w+\] )?)?\(?(\.bootcde:\d+:\d+)\)?$/.exec(line);
    if (!frame) continue;
    const [, name, place] = frame;
    const short = name?.split('.').pop();
    out += short && short !== '<anonymous>' ? `    at ${short} (${place})\n` : `    at ${place}\n`;
  }
  return out;
}
