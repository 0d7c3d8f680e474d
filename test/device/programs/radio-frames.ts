// The UDP radio driver on its own: prints what it hears, sends back each frame reversed, and says how each
// sending ended. Run by test/virtual/udp-radio.test.ts on both engines.
import { createRadio } from '#radio';

const radio = createRadio();

function hex(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += bytes[i].toString(16).padStart(2, '0');
  return text;
}

function heard(frame: Uint8Array, rssiDbm: number, snrDb: number): void {
  print('heard ' + hex(frame) + ' ' + String(rssiDbm) + ' ' + String(snrDb));
  const answer = new Uint8Array(frame.length);
  for (let i = 0; i < frame.length; i++) answer[i] = frame[frame.length - 1 - i];
  radio.send(answer);
}

function sent(ok: boolean): void {
  print('sent ' + String(ok));
}

function fault(code: number): void {
  print('fault ' + String(code));
}

radio.start(heard, sent, fault);
print('ready');
