// What of the JavaScript library exists on a board: every name that Node has was looked up on the interpreter
// (2v29); these were found. A virtual board deletes the rest, so that a program that reaches for a Map fails
// here as on the mast. Data only; used by espruino-realm.ts.

const words = (text: string): string[] => text.trim().split(/\s+/);

export const GLOBAL_NAMES = words(`
  Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Date
  Promise RegExp Error ReferenceError SyntaxError TypeError globalThis JSON Math ArrayBuffer
  Uint8Array Int8Array Uint16Array Int16Array Uint32Array Int32Array Float32Array Float64Array
  Uint8ClampedArray DataView decodeURIComponent encodeURIComponent eval isFinite isNaN`);

/** Static members, by constructor or namespace. */
export const STATIC_NAMES: Record<string, string[]> = {
  Object: words(`
    assign getOwnPropertyDescriptor getOwnPropertyDescriptors getOwnPropertyNames create
    defineProperties defineProperty getPrototypeOf setPrototypeOf keys entries fromEntries values`),
  Array: words('isArray'),
  String: words('fromCharCode'),
  Number: words('MAX_VALUE MIN_VALUE NaN NEGATIVE_INFINITY POSITIVE_INFINITY'),
  Math: words(`
    abs acos asin atan atan2 ceil cos exp floor log max min pow random round sign sin sqrt tan E
    LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2`),
  JSON: words('parse stringify'),
  Date: words('now parse'),
  Promise: words('all resolve reject'),
  ArrayBuffer: [],
  // Not there, but without it the engine records no stack.
  Error: words('stackTraceLimit'),
};

/** Members of instances, by constructor. `Uint8Array` stands for every typed array. */
export const METHOD_NAMES: Record<string, string[]> = {
  Object: words('hasOwnProperty toString valueOf __proto__'),
  Function: words('apply bind call toString'),
  Array: words(`
    concat fill find findIndex pop push reverse shift unshift slice sort splice includes indexOf
    join forEach filter map every some reduce toString`),
  String: words(`
    charAt charCodeAt concat endsWith includes indexOf lastIndexOf match padEnd padStart repeat
    replace replaceAll slice split substr substring startsWith toString trim toLowerCase toUpperCase
    valueOf`),
  Number: words('toFixed toString valueOf'),
  RegExp: words('exec source toString test flags global ignoreCase lastIndex'),
  Date: words(`
    toString toISOString toUTCString getDate setDate getDay getFullYear setFullYear getHours
    setHours getMilliseconds setMilliseconds getMinutes setMinutes getMonth setMonth getSeconds
    setSeconds getTime setTime getTimezoneOffset getUTCDate getUTCDay getUTCFullYear getUTCHours
    getUTCMilliseconds getUTCMinutes getUTCMonth getUTCSeconds valueOf toJSON`),
  Promise: words('then catch'),
  Uint8Array: words(`
    buffer byteLength byteOffset length every fill filter find findIndex forEach includes indexOf
    join map reverse reduce set slice some sort subarray toString`),
  DataView: words(`
    buffer byteLength byteOffset getInt8 setInt8 getUint8 setUint8 getInt16 setInt16 getUint16
    setUint16 getInt32 setInt32 getUint32 setUint32 getFloat32 setFloat32 getFloat64 setFloat64`),
  ArrayBuffer: words('byteLength'),
  Error: words('message toString name'),
  Boolean: words('toString valueOf'),
};
