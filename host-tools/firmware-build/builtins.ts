// The interpreter's global names, as far as an ESP32 or Linux build has them. Used by the rule that no
// module of the firmware takes one of them for itself.

const NAMES = `
  Array ArrayBuffer ArrayBufferView Boolean DataView Date E ESP32 Error Ethernet Float32Array
  Float64Array Function Graphics HIGH Hardware I2C I2C1 I2C2 I2C3 Infinity Int16Array Int32Array
  Int8Array InternalError JSON LOW LoopbackA LoopbackB Math Modules NRF NaN Number Object OneWire
  Pin Promise ReferenceError RegExp SPI SPI1 SPI2 SPI3 Serial Serial1 Serial2 Serial3 Server Socket
  Storage StorageFile String SyntaxError Telnet Terminal TypeError USB Uint16Array Uint24Array
  Uint32Array Uint8Array Uint8ClampedArray Unistroke WIZnet Waveform Wifi acceleration analogRead
  analogWrite arguments atob btoa changeInterval clearInterval clearTimeout clearWatch console
  crypto decodeURIComponent dgram digitalPulse digitalRead digitalWrite dump echo edit
  encodeURIComponent eval fs getPinMode getSerial getTime global globalThis heatshrink http isFinite
  isNaN load memory net neopixel parseFloat parseInt peek16 peek32 peek8 pinMode poke16 poke32 poke8
  print process require reset save setBusyIndicator setDeepSleep setInterval setSleepIndicator
  setTime setTimeout setWatch shiftOut tls trace undefined
`;

const BUILTINS = new Set(NAMES.split(/\s+/).filter((name) => name !== ''));

export function isBuiltin(name: string): boolean {
  return BUILTINS.has(name) || /^[ABCD]\d+$/.test(name) || /^LED\d?$/.test(name) || /^BTN\d?$/.test(name);
}
