import type { Text } from '../../../engine/contract/texts.ts';

/** A function of the mapper, described so that a designer can list it. */
export interface MappingFunction {
  readonly name: string;
  readonly group: 'text' | 'number' | 'date' | 'person' | 'choice';
  readonly label: Text;
  readonly help: Text;
  readonly args: readonly MappingArgument[];
  /** The last argument may be given again and again. */
  readonly isVariadic?: true;
  /** Gets absent values as `undefined`. Throws any Error when it cannot; the mapping tells the place, never the value. */
  run(...args: readonly unknown[]): unknown;
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

/** Text of a value: numbers and booleans are written out, structures are refused. */
export function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TypeError('a text is needed');
}

/** Whole or decimal number of a value; texts may have blanks around and nothing else. */
export function toNumber(value: unknown): number {
  const text = typeof value === 'string' ? value.trim() : value;
  const number = typeof text === 'string' && /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new TypeError('a number is needed');
}

/** Applies `change` to the first argument when it is there; absent stays absent. */
export function onText(change: (text: string, ...rest: readonly unknown[]) => unknown): MappingFunction['run'] {
  return (value, ...rest) => (isAbsent(value) ? undefined : change(toText(value), ...rest));
}
