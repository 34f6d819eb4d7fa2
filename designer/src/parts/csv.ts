/** Rows as CSV (RFC 4180) and as a file of this browser. */
interface CsvColumn<Row> {
  readonly title: string;
  readonly value?: (row: Row) => string | number | undefined;
}

/** Begins with a byte order mark, without which Excel takes Chinese for something else. */
export function csvOf<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string {
  const shown = columns.filter(({ value }) => value !== undefined);
  const lines = [shown.map(({ title }) => title), ...rows.map((row) => shown.map(({ value }) => value?.(row) ?? ''))];
  return `\ufeff${lines.map((line) => line.map(cell).join(',')).join('\r\n')}\r\n`;
}

/** A text that a spreadsheet would run as a formula is disarmed. */
function cell(value: string | number): string {
  const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function download(name: string, content: string, type = 'text/csv;charset=utf-8'): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
