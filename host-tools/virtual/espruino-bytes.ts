// Bytes between a virtual board's values and this side: whatever the interpreter takes for bytes (numbers,
// strings, arrays, typed arrays, buffers), from any context. Pure functions.

/**
 * Bytes as E.toUint8Array takes them: numbers, strings, arrays of either, typed arrays, buffers, {data,
 * count}.
 */
export function flatten(source: unknown): number[] {
  const out: number[] = [];
  collect(source, out);
  return out;
}

function collect(source: unknown, out: number[]): void {
  if (typeof source === 'number') {
    out.push(source & 255);
  } else if (typeof source === 'string') {
    for (let i = 0; i < source.length; i++) out.push(source.charCodeAt(i) & 255);
  } else if (ArrayBuffer.isView(source) && 'length' in source) {
    for (const item of source as Uint8Array) out.push(item & 255);
  } else if (Array.isArray(source)) {
    for (let i = 0; i < source.length; i++) collect(source[i], out);
  } else if (isBuffer(source)) {
    for (const item of new Uint8Array(source)) out.push(item);
  } else if (typeof source === 'object' && source !== null && 'data' in source) {
    const { data, count = 1 } = source as { data: unknown; count?: number };
    for (let i = 0; i < count; i++) collect(data, out);
  }
}

function isBuffer(source: unknown): source is ArrayBuffer {
  return Object.prototype.toString.call(source) === '[object ArrayBuffer]';
}

export function binaryText(bytes: ArrayLike<number>): string {
  return Buffer.from(bytes as number[]).toString('latin1');
}
