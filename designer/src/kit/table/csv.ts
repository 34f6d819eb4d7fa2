/** Rows as CSV (RFC 4180). */
import papaparse from 'papaparse';

const { parse, unparse } = papaparse;

interface CsvColumn<Row> {
  readonly title: string;
  readonly value?: (row: Row) => string | number | undefined;
}

/**
 * Matches text that a spreadsheet would run as a formula (OWASP, "CSV Injection"): at the start of a cell or of a
 * line in it, since some programs split cells at line breaks. Blanks and invisible characters may come before the
 * formula, and it may use full-width characters. Text that already looks escaped is escaped again, so that reading it
 * restores the same text.
 */
const START = "'*(?:(?![\\r\\n\\t])[\\s\\p{Cc}\\p{Cf}])*[=+\\-@\\t＝＋－＠]";
/** A plain number is no formula. One with a plus sign would lose it, such as a phone number. */
const NUMBER = /^-\d+(?:\.\d+)?$/;
const FORMULA = new RegExp(`(^|[\\r\\n])(?=${START})`, 'gu');
const DISARMED = new RegExp(`(^|[\\r\\n])'(?=${START})`, 'gu');

/**
 * Returns rows as CSV. It starts with a byte order mark, without which Excel misreads Chinese. Formulas are escaped.
 * Columns without a value are left out.
 */
export function csvOf<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string {
  const shown = columns.filter(({ value }) => value !== undefined);
  const data = rows.map((row) => shown.map(({ value }) => disarmed(value?.(row) ?? '')));
  return `\ufeff${unparse({ fields: shown.map(({ title }) => title), data })}\r\n`;
}

/** Reads lines of cells that are separated by comma, semicolon or tab. Reverses the escaping of `csvOf`. */
export function parseCsv(text: string): readonly (readonly string[])[] {
  const { data } = parse<string[]>(text.replace(/^\ufeff/, ''), { skipEmptyLines: true });
  return data.map((cells) => cells.map((cell) => cell.replace(DISARMED, '$1')));
}

function disarmed(value: string | number): string | number {
  return typeof value === 'string' && !NUMBER.test(value) ? value.replace(FORMULA, "$1'") : value;
}
