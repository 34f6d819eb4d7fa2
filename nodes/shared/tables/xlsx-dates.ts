/** Dates of XLSX: a number of days, which only the format of its cell makes a date (ECMA-376, 18.8.30 and 18.17.4.1). */
import type { SaxesTagPlain } from 'saxes';

export interface DateFormats {
  /** Styles (their index in `cellXfs`) that show a date. */
  readonly styles: ReadonlySet<string>;
  readonly is1904: boolean;
}

const DAY_MS = 86_400_000;
/** Day 0. Excel takes 1900 for a leap year, so this is right from March 1900 on. */
const EPOCH_1900 = Date.UTC(1899, 11, 30);
const EPOCH_1904 = Date.UTC(1904, 0, 1);
/** The last day of the year 9999. */
const LAST_DAY = 2_958_465;

/** Built-in formats of dates and times, with those of Chinese and Japanese installations. */
function isBuiltIn(id: number): boolean {
  return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58);
}

export async function readDateFormats(
  parse: (onTag: (tag: SaxesTagPlain) => void) => Promise<void>,
  is1904: boolean,
): Promise<DateFormats> {
  const ids = new Set<number>();
  const styles = new Set<string>();
  let isOfCells = false;
  let index = 0;
  await parse(({ name, attributes }) => {
    const tag = name.slice(name.indexOf(':') + 1);
    if (tag === 'numFmt' && isDateCode(attributes['formatCode'] ?? '')) ids.add(Number(attributes['numFmtId']));
    if (tag === 'cellXfs' || tag === 'cellStyleXfs' || tag === 'cellStyles') isOfCells = tag === 'cellXfs';
    if (tag !== 'xf' || !isOfCells) return;
    const id = Number(attributes['numFmtId']);
    if (isBuiltIn(id) || ids.has(id)) styles.add(String(index));
    index += 1;
  });
  return { styles, is1904 };
}

/** A format of a date has a letter of a date outside of quotes, escapes and brackets (colours, currencies, conditions). */
function isDateCode(code: string): boolean {
  if (code.length > 500) return false;
  const plain = code.replaceAll(/"[^"]*"|\\.|_.|\*./g, '').replaceAll(/\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, '');
  return !/general/i.test(plain) && /[ymdhs]/i.test(plain);
}

/** Returns `2026-06-01`, `2026-06-01T08:30:00` or `08:30:00`; undefined if the cell shows no date. */
export function dateText(number: number, style: string, { styles, is1904 }: DateFormats): string | undefined {
  if (!styles.has(style) || number < 0 || number > LAST_DAY) return undefined;
  const text = new Date((is1904 ? EPOCH_1904 : EPOCH_1900) + Math.round((number * DAY_MS) / 1000) * 1000).toISOString().slice(0, 19);
  if (number < 1) return text.slice(11);
  return text.endsWith('T00:00:00') ? text.slice(0, 10) : text;
}
