// Figures, times and foreign text in the form that a person reads. Pure: no DOM, no state. Used by every
// view and by the graph's labels.

const grouped = new Intl.NumberFormat('en-US');

export function figure(value: number): string {
  return grouped.format(value);
}

/** A balance: the sign is part of the message, so a gain carries one too. */
export function signedFigure(value: number): string {
  return value > 0 ? `+${grouped.format(value)}` : grouped.format(value).replace('-', '\u2212');
}

export function shortHash(hash: string): string {
  return hash.length > 12 ? `${hash.slice(0, 10)}\u2026` : hash;
}

const clockFormat = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

export function clock(at: string): string {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? '\u2013' : clockFormat.format(time);
}

/** Thousandths as percent. */
export function percent(perMille: number): string {
  return `${(perMille / 10).toFixed(perMille % 10 === 0 ? 0 : 1)} %`;
}

/** Signals in dBm and SNR in dB: a true minus lines up with the figures. */
export function decibels(value: number | null, unit: string): string {
  return value === null ? '\u2013' : `${Math.round(value)} ${unit}`.replace('-', '\u2212');
}

/** Credits that may have a fraction, as debts between neighbours do. */
export function fraction(value: number): string {
  return value === 0 ? '0' : value < 10 ? value.toFixed(1) : grouped.format(Math.round(value));
}

/** Seconds as one rounded unit: how long ago, or for how long. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

// Control characters, line separators, and everything invisible that reorders or hides text (UAX 9, UTS
// 36): a name must not be able to rewrite the line it stands in.
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}]/gu;

/** Foreign text made visible: hidden characters as their code, at most `charsMax` characters in all. */
export function visible(text: string, charsMax: number): string {
  // Cutting first bounds the work; a character is at most two units long.
  const start = text.slice(0, charsMax * 2 + 2);
  const escaped = [...start.replace(HIDDEN, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`)];
  if (start.length === text.length && escaped.length <= charsMax) return escaped.join('');
  return `${escaped.slice(0, charsMax - 1).join('')}\u2026`;
}

/** What a board is called: its name, or its address while it has none. */
export function boardName(board: { name: string; address: string }, charsMax = 24): string {
  return visible(board.name.trim() === '' ? board.address : board.name, charsMax);
}
