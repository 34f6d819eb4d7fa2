/** The rows of a code table during editing. A code may be empty or repeated until the user corrects it. */
export interface Row {
  readonly id: number;
  readonly key: string;
  readonly value: string;
}

export function toRows(entries: Readonly<Record<string, string>>): Row[] {
  return Object.entries(entries)
    .sort(([a], [b]) => a.localeCompare(b, 'zh-CN', { numeric: true }))
    .map(([key, value], id) => ({ id, key, value }));
}

export function toEntries(rows: readonly Row[]): Record<string, string> {
  return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
}

/** Returns the ids of rows whose code is empty or repeats an earlier one. */
export function problemsOf(rows: readonly Row[]): ReadonlySet<number> {
  const seen = new Set<string>(['']);
  const wrong = new Set<number>();
  for (const { id, key } of rows) {
    if (seen.has(key)) wrong.add(id);
    seen.add(key);
  }
  return wrong;
}

/** Returns the entries in the rows of a file: code and value. The header line of an export is skipped. */
export function entriesOf(lines: readonly (readonly string[])[], titles: readonly (readonly [string, string])[]): Record<string, string> {
  const isTitle = ([key, value]: readonly string[]) => titles.some(([first, second]) => key === first && value === second);
  const rows = lines.filter((cells, index) => cells[0] !== undefined && cells[0] !== '' && !(index === 0 && isTitle(cells)));
  return Object.fromEntries(rows.map(([key = '', value = '']) => [key, value]));
}
