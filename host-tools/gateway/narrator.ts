// What a person reads in the terminal: at most one line a second, made of what happened in it. Pure: events in,
// lines out; the command prints them.
import type { GatewayEvent } from './view.ts';

interface Second {
  readings: Map<string, number>;
  other: string[];
  payments: number;
  claims: number;
  settledCredits: number;
  height: number;
  warnings: string[];
}

function emptySecond(): Second {
  return { readings: new Map(), other: [], payments: 0, claims: 0, settledCredits: 0, height: 0, warnings: [] };
}

const READINGS_MAX = 3;
const OTHERS_MAX = 3;
const WARNINGS_MAX = 2;

export class Narrator {
  private second = emptySecond();

  hear(event: GatewayEvent): void {
    const { second } = this;
    switch (event.type) {
      case 'packet':
        if (event.data.kind === 'reading') second.readings.set(event.data.name, event.data.hops);
        else second.other.push(`${event.data.name} ${event.data.kind}`);
        break;
      case 'block':
        second.height = event.data.height;
        second.claims += event.data.claims;
        second.settledCredits += event.data.settledCredits;
        break;
      case 'log':
        if (event.data.level !== 'info') second.warnings.push(event.data.text);
        break;
      default:
    }
  }

  paid(): void {
    this.second.payments++;
  }

  /** The line of the second that ended, or undefined when nothing happened that a person would want to read. */
  line(time: string): string | undefined {
    const { readings, other, payments, claims, settledCredits, height, warnings } = this.second;
    this.second = emptySecond();
    const parts: string[] = [];
    for (const [name, hops] of [...readings].slice(0, READINGS_MAX))
      parts.push(`reading of ${name} delivered over ${count(hops, 'hop')}, receipt sent`);
    if (readings.size > READINGS_MAX) parts.push(`${readings.size - READINGS_MAX} more readings`);
    parts.push(...other.slice(0, OTHERS_MAX));
    if (other.length > OTHERS_MAX) parts.push(`${other.length - OTHERS_MAX} more requests`);
    if (payments > 0) parts.push(count(payments, 'payment'));
    if (claims > 0) parts.push(`${count(claims, 'claim')} settled, ${settledCredits} credits`);
    parts.push(...warnings.slice(0, WARNINGS_MAX).map((text) => `! ${text}`));
    if (warnings.length > WARNINGS_MAX) parts.push(`! ${warnings.length - WARNINGS_MAX} more`);
    if (parts.length === 0) return undefined;
    // One line whatever a board or the system put into a message.
    return `${time}  block ${height || '-'}  ${parts.join(' · ')}`.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
  }
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`;
}
