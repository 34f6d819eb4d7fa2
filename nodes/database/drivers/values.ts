/** Converts values to the forms that `Row` promises, the same for all databases. */
import { AppError } from '../../../engine/contract/values/errors.ts';
import { parseJson } from '../../shared/json/parse-json.ts';
import type { Row } from './driver.ts';

/** Converts an exact number as written: a number if it is an integer that a double holds, otherwise the text. */
export function exactNumber(text: string): number | string {
  if (!/^-?\d{1,16}$/.test(text)) return text;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

/** JSON has neither NaN nor infinities. */
export function floatNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** Returns the shortest number that is the same as a float of four bytes: 0.1 instead of 0.10000000149011612. */
export function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Returns the value of a JSON column, or its text if it cannot be represented (an object with a repeated key). */
export function jsonValue(text: string): unknown {
  try {
    return parseJson(text, { maxDepth: 1000, bigNumbers: 'string' });
  } catch {
    return text;
  }
}

/**
 * Converts `2026-06-01 08:30:00.123456` with an offset such as `+08`, `+05:30` or `+08:05:43` to UTC, without losing
 * digits of the second. Returns other texts (`infinity`, years before Christ) unchanged.
 */
export function utcTimestamp(text: string): string {
  const parts = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(\.\d+)? ?(?:Z|([+-])(\d\d)(?::?(\d\d))?(?::?(\d\d))?)$/.exec(text);
  if (parts === null) return text;
  const [, year, month, day, hour, minute, second, fraction = '', sign, ...offset] = parts;
  const [hours = 0, minutes = 0, seconds = 0] = offset.map((part) => Number(part ?? 0));
  const shift = (hours * 3600 + minutes * 60 + seconds) * (sign === '-' ? 1000 : -1000);
  const local = new Date(0);
  local.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  local.setUTCHours(Number(hour), Number(minute), Number(second));
  return `${new Date(local.getTime() + shift).toISOString().replace(/\.\d+Z$/, '')}${fraction}Z`;
}

/** Writes a timestamp without a zone as ISO 8601. Returns other texts unchanged. */
export function localTimestamp(text: string): string {
  return /^\d{4,}-\d\d-\d\d \d\d:/.test(text) ? text.replace(' ', 'T') : text;
}

/**
 * Returns a function that makes a row of its values. Throws DATABASE_COLUMN_TWICE (input) if two columns have the same
 * name, because one of them would be lost.
 */
export function rowMaker(names: readonly string[]): (values: readonly unknown[]) => Row {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new AppError('DATABASE_COLUMN_TWICE', 'input', `The result has two columns named ${twice}.`, {
      values: { column: twice },
      fix: 'Give one of them another name in the statement: AS other_name.',
    });
  }
  return (values) => Object.fromEntries(names.map((name, index) => [name, values[index] ?? null]));
}
