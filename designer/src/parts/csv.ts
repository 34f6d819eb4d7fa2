/** Rows as CSV (RFC 4180) and as a file of this browser. */
import { parse, unparse } from 'papaparse';

interface CsvColumn<Row> {
  readonly title: string;
  readonly value?: (row: Row) => string | number | undefined;
}

/**
 * Begins with a byte order mark, without which Excel takes Chinese for something else; a text that a spreadsheet would run as a formula is
 * disarmed. A column without a value is left out.
 */
export function csvOf<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string {
  const shown = columns.filter(({ value }) => value !== undefined);
  const data = rows.map((row) => shown.map(({ value }) => value?.(row) ?? ''));
  return `\ufeff${unparse({ fields: shown.map(({ title }) => title), data }, { escapeFormulae: true })}\r\n`;
}

/** Lines of cells; comma, semicolon or tab between them. What `csvOf` disarmed is what it was. */
export function parseCsv(text: string): readonly (readonly string[])[] {
  const { data } = parse<string[]>(text.replace(/^\ufeff/, ''), { skipEmptyLines: true });
  return data.map((cells) => cells.map((cell) => cell.replace(/^'(?=[=+\-@\t\r])/, '')));
}

export function download(name: string, content: string, type = 'text/csv;charset=utf-8'): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
