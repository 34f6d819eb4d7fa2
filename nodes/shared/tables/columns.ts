/** How rows of cells become rows with names. */
import type { Cell, ReadLimits, Row } from './rows.ts';
import { tableError } from './table-error.ts';

export interface ColumnOptions {
  /** `first-row`: the first row has the names. `names`: they are `columns`. `none`: rows are arrays. */
  readonly header: 'first-row' | 'names' | 'none';
  readonly columns: readonly string[];
  readonly ragged: 'refuse' | 'fill';
  /** Names of the columns whose texts become numbers. */
  readonly numbers: readonly string[];
}

/** Returns a function that takes the cells of each row in turn; it returns undefined for the row of the names. */
export function createRowShaper(
  options: ColumnOptions,
  limits: Pick<ReadLimits, 'maxColumns'>,
): (cells: readonly Cell[]) => Row | undefined {
  let names = options.header === 'names' ? checkedNames(options.columns) : undefined;
  let expected = names?.length;
  let row = 0;
  const numbers = new Set(options.numbers);
  return (cells) => {
    row += 1;
    if (cells.length > limits.maxColumns) throw tableError('TABLE_TOO_MANY_COLUMNS', { row, limit: limits.maxColumns });
    if (names === undefined && options.header === 'first-row') {
      names = checkedNames(cells.map((cell, index) => String(cell ?? '').trim() || `column_${index + 1}`));
      expected = names.length;
      return undefined;
    }
    expected ??= cells.length;
    const isRefusing = options.ragged === 'refuse';
    if (cells.length > expected && (isRefusing || names !== undefined))
      throw tableError('TABLE_RAGGED/more', { row, found: cells.length, expected });
    if (cells.length < expected && isRefusing) throw tableError('TABLE_RAGGED', { row, found: cells.length, expected });
    if (names === undefined) return cells;
    return Object.fromEntries(
      names.map((name, index) => {
        const cell = cells[index] ?? null;
        return [name, numbers.has(name) ? toNumber(cell, name, row) : cell];
      }),
    );
  };
}

function checkedNames(names: readonly string[]): readonly string[] {
  const seen = new Set<string>(['__proto__']);
  for (const name of names) {
    if (seen.has(name)) throw tableError('TABLE_COLUMNS', { name: name.slice(0, 100) });
    seen.add(name);
  }
  return names;
}

/** A number that JavaScript keeps exactly stays text otherwise: an id of 18 digits must not lose any. */
function toNumber(cell: Cell, name: string, row: number): Cell {
  if (typeof cell !== 'string') return cell;
  const text = cell.trim();
  if (text === '') return null;
  const value = Number(text);
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) || !Number.isFinite(value)) throw tableError('TABLE_NUMBER', { name, row });
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) throw tableError('TABLE_NUMBER', { name, row });
  return value;
}

/** Returns the cells of a row to write: its values by these columns, or the values of an array. Throws TABLE_ROW (input). */
export function cellsOf(row: unknown, columns: readonly string[], number: number): readonly Cell[] {
  if (Array.isArray(row)) return row.map((value) => asCell(value, number));
  if (typeof row !== 'object' || row === null) throw tableError('TABLE_ROW', { row: number });
  return columns.map((name) => (Object.hasOwn(row, name) ? asCell((row as Record<string, unknown>)[name], number) : null));
}

function asCell(value: unknown, row: number): Cell {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw tableError('TABLE_ROW', { row });
}

/** Returns the names of the columns of rows that have names: those given, or those of the first row. */
export function columnsOf(first: unknown, given: readonly string[]): readonly string[] {
  if (given.length > 0) return given;
  return typeof first === 'object' && first !== null && !Array.isArray(first) ? Object.keys(first) : [];
}
