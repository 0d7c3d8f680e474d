// What runs on an emulated board after a successful start. By default the visible manners of the Espruino
// console: banner, prompt, Ctrl-C, Ctrl-E for the version. It evaluates nothing; tests that need an
// interpreter start the real one in its place (interpreter-application.ts).
import type { NorFlash } from './nor-flash.ts';

export interface Application {
  input(bytes: Uint8Array): void;
  stop(): void;
}

export type ApplicationFactory = (output: (bytes: Uint8Array) => void, flash: NorFlash) => Application;

const CTRL_C = 0x03;
const CTRL_E = 0x05;
const NEW_LINE = 0x0a;

export const promptApplication: ApplicationFactory = (output) => {
  const print = (text: string): void => output(Buffer.from(text, 'latin1'));
  print(
    '\r\n ____                 _\r\n|  __|___ ___ ___ _ _|_|___ ___\r\n 2v29 (c) 2025 G.Williams\r\n\r\n>',
  );
  return {
    input(bytes) {
      for (const byte of bytes) {
        if (byte === CTRL_C || byte === NEW_LINE) print('\r\n>');
        else if (byte === CTRL_E) print('Espruino 2v29 ESP32\r\n');
      }
    },
    stop() {},
  };
};
