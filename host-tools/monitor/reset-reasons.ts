// Why a board started anew, or died, in one sentence: the lines of the ROM (ESP32 TRM V5.2, table 31.3-1; the same
// numbers are printed by the loaders of S3 and C3), of ESP-IDF's panic handler and of the interpreter itself.
import type { Decoded } from './entry.ts';

/** By the name in brackets, which all chips share where the numbers differ. */
const CAUSES: [pattern: RegExp, cause: string, isFault: boolean][] = [
  [/BROWN_?OUT/, 'the supply voltage collapsed: use a shorter cable or a stronger supply', true],
  [/POWERON|CHIP_POWER_ON/, 'power on', false],
  [/DEEPSLEEP/, 'woke from deep sleep', false],
  [/RTCWDT|RTC_WDT|SUPER_WDT|SYS_SUPER/, 'the watchdog of the RTC ran out: the board hung', true],
  [/TG\d?WDT|MWDT|TGWDT|INTRUSION|WDT/, 'a watchdog ran out: the program hung or blocked too long', true],
  [/SW_CPU|SW_RESET|SW_SYS|RTC_SW|CPU_RST/, 'restarted by its own software', false],
  [/USB_(UART|JTAG)|JTAG/, 'restarted over USB', false],
  [/EXT|GLITCH/, 'reset from outside', false],
];

export function resetReason(line: string): Decoded | undefined {
  const rst = /\brst:0x([0-9a-f]+) \(([A-Z0-9_]+)\),boot:0x([0-9a-f]+)/i.exec(line);
  if (rst !== null) return romLine(rst[1]!, rst[2]!, rst[3]!);
  const panic = /^Guru Meditation Error: Core\s+(\d) panic'ed \((.+?)\)/.exec(line);
  if (panic !== null) return died(`the interpreter crashed: ${panic[2]!}`, { panic: panic[2]! });
  if (/^Brownout detector was triggered/i.test(line)) return died(CAUSES[0]![1], { panic: 'brown-out' });
  if (/^Task watchdog got triggered/i.test(line))
    return died('the task watchdog ran out: the program blocks', {});
  if (/^abort\(\) was called|^assertion .* failed|^ASSERT FAIL/i.test(line))
    return died(`the interpreter gave up: ${line}`, {});
  if (/^waiting for download/.test(line))
    return died('in download mode, not running: release the BOOT button (GPIO 0) and press RESET', {});
  return undefined;
}

function romLine(code: string, name: string, boot: string): Decoded {
  const known = CAUSES.find(([pattern]) => pattern.test(name.toUpperCase()));
  const cause = known?.[1] ?? `reset reason ${name}`;
  return {
    kind: 'reset',
    level: known?.[2] === true ? 'error' : 'warn',
    text: `the board restarted: ${cause}`,
    fields: { reset: name, code: parseInt(code, 16), boot: parseInt(boot, 16) },
  };
}

function died(text: string, fields: Record<string, unknown>): Decoded {
  return { kind: 'reset', level: 'error', text, fields };
}
