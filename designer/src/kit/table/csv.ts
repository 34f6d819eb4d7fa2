/** Rows as CSV (RFC 4180). */
import papaparse from 'papaparse';

const { parse, unparse } = papaparse;

interface CsvColumn<Row> {
  readonly title: string;
  readonly value?: (row: Row) => string | number | undefined;
}

/**
 * Where a spreadsheet would see a formula: at the begin of a cell or of a line in it, also behind blanks and characters
 * that nobody sees, and in the full width of Chinese keyboards (OWASP, "CSV Injection"). A reader that
 * splits cells at their line breaks begins a cell there. A text that looks disarmed is disarmed once more, so that it is read back as it was.
 */
const START = "'*(?:(?![\\r\\n\\t])[\\s\\p{Cc}\\p{Cf}])*[=+\\-@\\t＝＋－＠]";
const FORMULA = new RegExp(`(^|[\\r\\n])(?=${START})`, 'gu');
const DISARMED = new RegExp(`(^|[\\r\\n])'(?=${START})`, 'gu');

/**
 * Begins with a byte order mark, without which Excel takes Chinese for something else; a text that a spreadsheet would run as a formula is
 * disarmed. A column without a value is left out.
 */
export function csvOf<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string {
  const shown = columns.filter(({ value }) => value !== undefined);
  const data = rows.map((row) => shown.map(({ value }) => disarmed(value?.(row) ?? '')));
  return `\ufeff${unparse({ fields: shown.map(({ title }) => title), data })}\r\n`;
}

/** Lines of cells; comma, semicolon or tab between them. What `csvOf` disarmed is what it was. */
export function parseCsv(text: string): readonly (readonly string[])[] {
  const { data } = parse<string[]>(text.replace(/^\ufeff/, ''), { skipEmptyLines: true });
  return data.map((cells) => cells.map((cell) => cell.replace(DISARMED, '$1')));
}

function disarmed(value: string | number): string | number {
  return typeof value === 'string' ? value.replace(FORMULA, "$1'") : value;
}
