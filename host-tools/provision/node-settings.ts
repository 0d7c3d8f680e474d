// The settings of a node that its owner may change, with their bounds. Who it is, which ledger and which radio profile
// it follows cannot be changed here: its neighbours would no longer understand it. Called by `fairhop node config`.
import { CliError, ExitCode } from '../cli/cli-error.ts';

interface Bounds {
  least: number;
  most: number;
}

/** Units as in the name; `price` 16 is 1.0 a millisecond of airtime (SPEC 8.3). */
export const SETTABLE: Record<string, Bounds> = {
  readingS: { least: 0, most: 86_400 },
  price: { least: 1, most: 255 },
  freePerMille: { least: 0, most: 1000 },
  emergencyPerMille: { least: 0, most: 1000 },
  servicePerMille: { least: 0, most: 1000 },
  dutyPerMille: { least: 1, most: 1000 },
  retryS: { least: 1, most: 3600 },
  helloMinMs: { least: 500, most: 3_600_000 },
  helloMaxMs: { least: 500, most: 3_600_000 },
  receiptDelayMs: { least: 0, most: 60_000 },
  trustMaxLinks: { least: 0, most: 1024 },
  payBatchLinks: { least: 1, most: 1024 },
  claimFirstLinks: { least: 1, most: 1024 },
};

type Settings = Record<string, unknown>;

/** Without the key that admits to the network. */
export function shownSettings(settings: Settings): Settings {
  return 'networkKey' in settings ? { ...settings, networkKey: '(secret)' } : settings;
}

/** The settings with `KEY=VALUE` texts applied. Throws a CliError. */
export function changedSettings(settings: Settings, changes: readonly string[]): Settings {
  const changed = { ...settings };
  for (const change of changes) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(change) ?? [];
    if (key === undefined || value === undefined)
      throw usage(`"${change}" is no KEY=VALUE`, 'write price=20, for example');
    changed[key] = key === 'name' ? nameOf(value) : numberOf(key, value);
  }
  if (Number(changed.helloMinMs) > Number(changed.helloMaxMs))
    throw usage('helloMinMs would be above helloMaxMs', 'change both');
  return changed;
}

function nameOf(value: string): string {
  if (/^[ -~]{1,32}$/.test(value)) return value;
  throw usage(`"${value}" is no name`, 'give 1 to 32 plain characters');
}

function numberOf(key: string, text: string): number {
  const bounds = Object.hasOwn(SETTABLE, key) ? SETTABLE[key] : undefined;
  if (bounds === undefined)
    throw usage(`${key} cannot be set`, `use name, ${Object.keys(SETTABLE).join(', ')}`);
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= bounds.least && value <= bounds.most) return value;
  throw usage(`${key}=${text} is out of range`, `give a whole number from ${bounds.least} to ${bounds.most}`);
}

function usage(message: string, remedy: string): CliError {
  return new CliError(message, remedy, ExitCode.Usage);
}
