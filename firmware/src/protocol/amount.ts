// Money in whole credits (SPEC 2). An amount fits six bytes of the ledger; sums and differences that do not,
// or that fall below zero where nothing may be owed, are answers the caller has to look at: the value is not
// reachable without asking for `ok`. Exact without BigInt, which a board does not have. Balances alone may be
// negative.
import { ErrorCode } from './errors.ts';

/** 2^47 - 1: what a signed six-byte field holds. */
export const AMOUNT_MAX = 140737488355327;

/** Factor and divisor of `mulDiv` stay below this, so that every intermediate product is below 2^53. */
const RATIO_MAX = 268435456;
const HALF = 16777216;

export interface Amount {
  ok: true;
  value: number;
}

export interface AmountError {
  ok: false;
  code: ErrorCode;
}

export type Checked = Amount | AmountError;

function refused(code: ErrorCode): AmountError {
  return { ok: false, code: code };
}

function whole(value: number): boolean {
  return Math.floor(value) === value && value <= AMOUNT_MAX && value >= -AMOUNT_MAX;
}

/** A number from outside as an amount: whole, not negative, in range. */
export function amount(value: number): Checked {
  if (!whole(value)) return refused(ErrorCode.OVERFLOW);
  return value < 0 ? refused(ErrorCode.NEGATIVE) : { ok: true, value: value };
}

export function addAmounts(a: number, b: number): Checked {
  const left = amount(a);
  if (!left.ok) return left;
  const right = amount(b);
  return right.ok ? amount(a + b) : right;
}

/** a - b; NEGATIVE when b is larger. */
export function subtractAmounts(a: number, b: number): Checked {
  const left = amount(a);
  if (!left.ok) return left;
  const right = amount(b);
  return right.ok ? amount(a - b) : right;
}

/** A balance moved by a signed difference; it may end below zero, but not outside six bytes. */
export function moveBalance(balance: number, difference: number): Checked {
  const moved = balance + difference;
  if (!whole(balance) || !whole(difference) || !whole(moved)) return refused(ErrorCode.OVERFLOW);
  return { ok: true, value: moved };
}

/**
 * floor(a / b) of whole numbers below 2^53: the division rounds, and near a multiple it may round up to it.
 */
function floorDivide(a: number, b: number): number {
  const quotient = Math.floor(a / b);
  return quotient * b > a ? quotient - 1 : quotient;
}

/** floor(a * factor / divisor), exact. Factor and divisor are whole and below 2^28, the divisor not zero. */
export function mulDivAmount(a: number, factor: number, divisor: number): Checked {
  const checked = amount(a);
  if (!checked.ok) return checked;
  if (!whole(factor) || !whole(divisor) || factor >= RATIO_MAX || divisor >= RATIO_MAX) {
    return refused(ErrorCode.OVERFLOW);
  }
  if (factor < 0 || divisor < 1) return refused(ErrorCode.NEGATIVE);
  // Long division in base 2^24: the high digit's remainder is carried down to the low one.
  const high = Math.floor(a / HALF);
  const low = a - high * HALF;
  const quotient = floorDivide(high * factor, divisor);
  const remainder = high * factor - quotient * divisor;
  return amount(quotient * HALF + floorDivide(remainder * HALF + low * factor, divisor));
}
