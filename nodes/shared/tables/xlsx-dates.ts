/** Dates of XLSX: a number of days, which only the format of its cell makes a date (ECMA-376, 18.8.30 and 18.17.4.1). */
import type { SaxesTagPlain } from 'saxes';

export interface DateFormats {
  /** Styles (their index in `cellXfs`) that show a date. */
  readonly styles: ReadonlySet<string>;
  readonly is1904: boolean;
}

const DAY_MS = 86_400_000;
/** Day 0. Excel takes 1900 for a leap year, so this is right from March 1900 on, and a day too early before. */
const EPOCH_1900 = Date.UTC(1899, 11, 30);
const FALSE_LEAP_DAY = 60;
const EPOCH_1904 = Date.UTC(1904, 0, 1);
/** The last day of the year 9999. */
const LAST_DAY = 2_958_465;

/** Built-in formats of dates and times, with those of Chinese and Japanese installations. 46 shows an elapsed time. */
function isBuiltIn(id: number): boolean {
  return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || id === 45 || id === 47 || (id >= 50 && id <= 58);
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

/**
 * A format of a date has a letter of a date outside of quotes, escapes and brackets (colours, currencies, conditions). With
 * letters in brackets it shows an elapsed time, such as 30 hours, which is no date.
 */
function isDateCode(code: string): boolean {
  if (code.length > 500) return false;
  const unquoted = code.replaceAll(/"[^"]*"|\\.|_.|\*./g, '');
  if (/\[(?:h+|m+|s+)\]/i.test(unquoted)) return false;
  const plain = unquoted.replaceAll(/\[[^\]]*\]/g, '');
  return !/general/i.test(plain) && /[ymdhs]/i.test(plain);
}

/** Returns `2026-06-01`, `2026-06-01T08:30:00` or `08:30:00`; undefined if the cell shows no date, or a day that does not exist. */
export function dateText(number: number, style: string, { styles, is1904 }: DateFormats): string | undefined {
  if (!styles.has(style) || number < 0 || number > LAST_DAY) return undefined;
  const seconds = Math.round((number * DAY_MS) / 1000);
  const day = Math.floor((seconds * 1000) / DAY_MS);
  if (!is1904 && day === FALSE_LEAP_DAY) return undefined;
  const isEarly = !is1904 && day < FALSE_LEAP_DAY;
  const epoch = is1904 ? EPOCH_1904 : isEarly ? EPOCH_1900 + DAY_MS : EPOCH_1900;
  const text = new Date(epoch + seconds * 1000).toISOString().slice(0, 19);
  if (number < 1) return text.slice(11);
  return text.endsWith('T00:00:00') ? text.slice(0, 10) : text;
}
