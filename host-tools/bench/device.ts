// The bench group `device`: the protocol's operations on the real interpreter, compiled as the firmware is,
// and what they are expected to take on an ESP32. Needs the interpreter; without it the group says how to
// get one.
import { join } from 'node:path';
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { figure, type Figure } from './figure.ts';
import { interpret } from './interpreter.ts';

/** Few, so that a round fits between two switches of a busy computer; the best of forty rounds counts. */
const CALLS = 40;
/**
 * From this computer's interpreter to an ESP32 at 240 MHz: the middle of 45 to 110. Three public figures
 * lie in it: garbage collection of an ESP32 (94 times), a Leibniz loop on an 84 MHz Cortex-M4 (85 to 92),
 * and pin toggling on a 72 MHz Cortex-M3 (59).
 */
const ESP32_FACTOR = 80;
const ESP32_RANGE = [45, 110] as const;

export async function deviceFigures(): Promise<Figure[]> {
  const path = process.env.ESPRUINO;
  if (path === undefined || path === '') {
    throw new CliError(
      'the group "device" needs the Espruino interpreter',
      'run `BOARD=LINUX RELEASE=1 make` in a clone of its public repository, set ESPRUINO to bin/espruino',
      ExitCode.Usage,
    );
  }
  // The firmware compiler is heavy; the other groups do without it.
  const { loadBoard } = await import('../firmware-build/boards.ts');
  const { makeBundle } = await import('../firmware-build/make-bundle.ts');
  const { ROOT } = await import('../firmware-build/paths.ts');
  const entry = join(ROOT, 'test', 'device', 'programs', 'operations.ts');
  const file = join(ROOT, 'build', 'bench', 'operations.js');
  const { code } = await makeBundle(loadBoard('linux-udp'), entry, file, { calls: CALLS });
  const lines = await interpret(path, code);
  return lines.map((line) => {
    const at = line.lastIndexOf(' ');
    return figure(`device.${line.slice(0, at)}`, Number(line.slice(at + 1)) / 1000, 'us');
  });
}

function milliseconds(us: number, factor: number): string {
  const ms = (us * factor) / 1000;
  return ms < 10 ? ms.toFixed(1) : ms.toFixed(0);
}

/** The section of docs/performance.md. */
export function devicePage(figures: Figure[]): string {
  return [
    '## The protocol on a board',
    '',
    'Made by `npx fairhop bench --only device --write-docs`.',
    '',
    'Microseconds per operation on the Espruino interpreter of a computer (Linux build, native',
    `cryptography), and the milliseconds to expect on an ESP32 at 240 MHz: ${ESP32_FACTOR} times as long,`,
    `between ${ESP32_RANGE.join(' and ')} times. That factor is an estimate from public figures of other`,
    'boards (garbage collection on an ESP32: 94; a floating-point loop at 84 MHz: 85 to 92; pin toggling at',
    '72 MHz: 59); no board has been measured yet. The design allows a relayed packet 120 ms and nothing else',
    'more than 50 ms at a time.',
    '',
    '| operation | us here | ms on an ESP32 | range |',
    '| --- | ---: | ---: | --- |',
    ...figures.map(({ name, value }) => {
      const range = ESP32_RANGE.map((factor) => milliseconds(value, factor)).join(' to ');
      const cells = [
        name.slice('device.'.length),
        value.toFixed(1),
        milliseconds(value, ESP32_FACTOR),
        range,
      ];
      return `| ${cells.join(' | ')} |`;
    }),
    '',
  ].join('\n');
}
