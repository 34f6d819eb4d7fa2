/** Rows as CSV (RFC 4180). */
import papaparse from 'papaparse';

const { parse, unparse } = papaparse;

interface CsvColumn<Row> {
  readonly title: string;
  readonly value?: (row: Row) => string | number | undefined;
}

/**
 * Matches text that a spreadsheet would run as a formula (OWASP, "CSV Injection"). It stands at the start of a cell
 * or of a line in it, since some readers split cells at line breaks. Blanks and invisible characters may precede it,
 * and it may use full-width characters. Text that already looks escaped is escaped once more, so that reading
 * restores it.
 */
const START = "'*(?:(?![\\r\\n\\t])[\\s\\p{Cc}\\p{Cf}])*[=+\\-@\\t＝＋－＠]";
const FORMULA = new RegExp(`(^|[\\r\\n])(?=${START})`, 'gu');
const DISARMED = new RegExp(`(^|[\\r\\n])'(?=${START})`, 'gu');

/**
 * Starts with a byte order mark, without which Excel misreads Chinese. Escapes formulas. Omits columns without a
 * value.
 */
export function csvOf<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string {
  const shown = columns.filter(({ value }) => value !== undefined);
  const data = rows.map((row) => shown.map(({ value }) => disarmed(value?.(row) ?? '')));
  return `\ufeff${unparse({ fields: shown.map(({ title }) => title), data })}\r\n`;
}

/** Reads lines of cells separated by comma, semicolon or tab. Reverses the escaping of `csvOf`. */
export function parseCsv(text: string): readonly (readonly string[])[] {
  const { data } = parse<string[]>(text.replace(/^\ufeff/, ''), { skipEmptyLines: true });
  return data.map((cells) => cells.map((cell) => cell.replace(DISARMED, '$1')));
}

function disarmed(value: string | number): string | number {
  return typeof value === 'string' ? value.replace(FORMULA, "$1'") : value;
}
