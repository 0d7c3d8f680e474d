// What carrying a packet costs, in budget units (SPEC 8.3): own fee, and what the way from here on asks for.
import { Money } from '#protocol';
import { Index } from './config.ts';
import type { Core } from './core.ts';

  /** Own fee in units: airtime x price, rounded up. */
export function feeUnits(core: Core, airtimeMs: number): number {
  return Math.ceil((airtimeMs * core.config.price) / (Money.PRICE_ONE * core.unitCredits()));
}

/** What a source adds a hop, in units: each relay rounds its fee up and what it passes on down. */
export const HOP_SLACK = 2;

/** What the next hop asks for carrying this to `dst`, in units, and `slack` a hop. */
export function neededUnits(core: Core, dst: number, airtimeMs: number, slack: number): number {
  const route = core.routes.find(dst);
  if (route === Index.NONE) return 0;
  const units = Math.ceil((airtimeMs * core.routes.cost(route)) / (64 * core.unitCredits()));
  return units + slack * core.routes.hops(route);
}
