import type { Issue } from '../contract/values/errors.ts';
import type { Text } from '../contract/values/texts.ts';

export type FunctionGroup = 'text' | 'pattern' | 'number' | 'date' | 'person' | 'choice' | 'list' | 'encoding' | 'digest';

/**
 * A function for mappings and expressions, with a description for the designer's list. It is pure and fast: its time is
 * at most about linear in the size of its arguments, and it runs on the event loop.
 */
export interface ValueFunction {
  readonly name: string;
  readonly group: FunctionGroup;
  readonly label: Text;
  readonly help: Text;
  readonly args: readonly ValueArgument[];
  /** Arguments and results. They are shown in docs/reference/mappings.md and checked by a test. */
  readonly examples: readonly FunctionExample[];
  /** Set if the last argument may be repeated. */
  readonly isVariadic?: true;
  /**
   * Positions of arguments that configure the function (a date format, a time zone), and a check of these arguments.
   * Fixed settings are checked only when the mapping is validated, so that mappings published before a check existed
   * continue to run. Settings from the message are checked at each call.
   */
  readonly settings?: { readonly args: readonly number[]; check(...settings: readonly unknown[]): FunctionFault | undefined };
  /**
   * Calls the function; absent values are `undefined`. It may throw any Error: the mapping reports only the place,
   * never the value.
   */
  run(...args: readonly unknown[]): unknown;
}

/** The reason why a function cannot use its settings (MAPPING_INVALID). */
export type FunctionFault = Omit<Issue, 'path'>;

/**
 * Example arguments, and the result of the function. `gives` is absent if the function has no result for these
 * arguments.
 */
export interface FunctionExample {
  readonly args: readonly unknown[];
  readonly gives?: unknown;
}

export interface ValueArgument {
  readonly label: Text;
  readonly isOptional?: true;
}

export function argument(zhCN: string, en: string): ValueArgument {
  return { label: { 'zh-CN': zhCN, en } };
}

export function optional(zhCN: string, en: string): ValueArgument {
  return { label: { 'zh-CN': zhCN, en }, isOptional: true };
}

export function words(zhCN: string, en: string): Text {
  return { 'zh-CN': zhCN, en };
}

export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** Returns the text of a value. Numbers and booleans are converted. Throws if the value is an object or a list. */
export function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TypeError('a text is needed');
}

/** Returns the number of a value. A text may have blanks around the number and nothing else. */
export function toNumber(value: unknown): number {
  const text = typeof value === 'string' ? value.trim() : value;
  if (typeof text === 'string' && text.length > MAX_NUMBER_LENGTH) throw new RangeError('the number is too long');
  const number = typeof text === 'string' && /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw new TypeError('a number is needed');
  if (typeof text === 'string' && losesDigits(text, number)) throw new RangeError('the number would lose digits');
  return number;
}

/** No number of a double has more characters; longer text would only cost time. */
const MAX_NUMBER_LENGTH = 400;

/** A double keeps at most 15 digits exactly. An identity card number has more digits, so it would change. */
const SAFE_DIGITS = 15;

function losesDigits(text: string, number: number): boolean {
  if (text.length <= SAFE_DIGITS) return false;
  const plain = (written: string) =>
    written
      .replace(/^[+-]/, '')
      .replace(/^0+(?=\d)/, '')
      .replace(/(\.\d*?)0+$/, '$1')
      .replace(/\.$/, '');
  return plain(text).replace('.', '').length > SAFE_DIGITS && plain(text) !== plain(String(number));
}

/** The UTF-8 bytes of a text. Throws for more than a million characters: they would keep the event loop busy. */
export function bytesOf(text: string): Uint8Array {
  if (text.length > MAX_ENCODED) throw new RangeError('too long');
  return new TextEncoder().encode(text);
}

const MAX_ENCODED = 1_000_000;

/** Applies `change` to the first argument if it is present. If it is absent, the result is absent too. */
export function onText(change: (text: string, ...rest: readonly unknown[]) => unknown): ValueFunction['run'] {
  return (value, ...rest) => (isAbsent(value) ? undefined : change(toText(value), ...rest));
}
