import type { Issue } from '../../../engine/contract/values/errors.ts';
import type { Text } from '../../../engine/contract/values/texts.ts';

/** A function of the mapper, with a description for the designer's list. */
export interface MappingFunction {
  readonly name: string;
  readonly group: 'text' | 'number' | 'date' | 'person' | 'choice';
  readonly label: Text;
  readonly help: Text;
  readonly args: readonly MappingArgument[];
  /** Arguments and result: shown in docs/reference/mappings.md, and run by a test. */
  readonly examples: readonly FunctionExample[];
  /** The last argument may be repeated. */
  readonly isVariadic?: true;
  /**
   * Positions of arguments that configure the function (a picture, a zone). Fixed ones are checked when the mapping
   * is validated, and not again at run time: mappings published before a check existed continue to run. Values from
   * the message are checked at each call.
   */
  readonly settings?: { readonly args: readonly number[]; check(...settings: readonly unknown[]): FunctionFault | undefined };
  /**
   * Receives absent values as `undefined`. Throws any Error when it fails; the mapping reports the place, never the
   * value.
   */
  run(...args: readonly unknown[]): unknown;
}

/** Why a function cannot use its settings: MAPPING_INVALID. */
export type FunctionFault = Omit<Issue, 'path'>;

/** `gives` is left out when the result is absent. */
export interface FunctionExample {
  readonly args: readonly unknown[];
  readonly gives?: unknown;
}

export interface MappingArgument {
  readonly label: Text;
  readonly isOptional?: true;
}

export function argument(zhCN: string, en: string): MappingArgument {
  return { label: { 'zh-CN': zhCN, en } };
}

export function optional(zhCN: string, en: string): MappingArgument {
  return { label: { 'zh-CN': zhCN, en }, isOptional: true };
}

export function words(zhCN: string, en: string): Text {
  return { 'zh-CN': zhCN, en };
}

export function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

/** Text of a value: numbers and booleans are converted, structures are refused. */
export function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TypeError('a text is needed');
}

/** Integer or decimal number of a value; text may have blanks around the number and nothing else. */
export function toNumber(value: unknown): number {
  const text = typeof value === 'string' ? value.trim() : value;
  const number = typeof text === 'string' && /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (typeof number !== 'number' || !Number.isFinite(number)) throw new TypeError('a number is needed');
  if (typeof text === 'string' && losesDigits(text, number)) throw new RangeError('the number would lose digits');
  return number;
}

/** Doubles keep 15 digits safely: a longer identity card number would change. */
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

/** Applies `change` to the first argument if it is present; absent stays absent. */
export function onText(change: (text: string, ...rest: readonly unknown[]) => unknown): MappingFunction['run'] {
  return (value, ...rest) => (isAbsent(value) ? undefined : change(toText(value), ...rest));
}
