/**
 * Polls by a high-water mark, in passes. A transaction that began earlier may commit later, so each pass reads a stretch
 * before the mark again. Rows that are known by their keys are read over; those that are forgotten are recognised by the
 * engine, which gets the same dedupe key for the same row and mark.
 *
 * A row may become visible after others with a mark that is higher by at most `overlap`. So every row that the last whole
 * pass did not see lies behind the mark at which that pass began, minus `overlap`: there the next one begins.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Row } from '../drivers/driver.ts';
import { compareMarks, moveBack, toMark, type MarkKind } from './mark.ts';

export interface MarkSettings {
  readonly kind: MarkKind;
  readonly column: string;
  readonly keyColumns: readonly string[];
  /** How far before the mark is read again: seconds, or units of the number. */
  readonly overlap: number;
  /** The mark of the first poll. */
  readonly from: string;
}

/** Maximum number of rows that are remembered. */
const MOST_KNOWN = 1_000_000;
/** Maximum number of them in the kept position. After a restart, the engine recognises the others. */
const MOST_KEPT = 300_000;
/** A position with more rows is large to write. */
const LARGE = 5000;

/** How far a poll has read: the highest mark, and the rows of the stretch that is read again. */
export class MarkedPosition {
  readonly #settings: MarkSettings;
  #mark: string;
  /** The highest mark when this pass, and the last whole pass, began. */
  #began: string;
  #settled: string;
  /** Mark by id of a row. */
  readonly #known: Map<string, string>;

  constructor(settings: MarkSettings, kept: string | undefined) {
    this.#settings = settings;
    const { from } = settings;
    const { mark, settled, known } = kept === undefined ? { mark: from, settled: from, known: [] } : (JSON.parse(kept) as KeptPosition);
    this.#mark = mark;
    this.#began = mark;
    this.#settled = settled;
    this.#known = new Map(known.flatMap(([of, ids]) => ids.map((id) => [id, of])));
  }

  /** Where a pass begins. */
  get after(): string {
    return moveBack(this.#settled, this.#settings.overlap, this.#settings.kind);
  }

  beginPass(): void {
    this.#began = this.#mark;
  }

  /** True once the pass has come to the highest mark of its beginning. It may end here, or go on with the rows behind. */
  hasReached(row: Row): boolean {
    return compareMarks(this.markOf(row), this.#began, this.#settings.kind) >= 0;
  }

  /** Called when a pass has come so far. Forgets the rows that are not read again. */
  endPass(): void {
    this.#settled = this.#began;
    const { after } = this;
    for (const [id, mark] of this.#known) if (compareMarks(mark, after, this.#settings.kind) < 0) this.#known.delete(id);
  }

  /** Throws DATABASE_MARK (input) if the row has none. */
  markOf(row: Row): string {
    return toMark(valueOf(row, this.#settings.column), this.#settings.kind);
  }

  isKnown(row: Row): boolean {
    return this.#known.has(this.idOf(row));
  }

  /**
   * Returns what identifies a row with its mark: a row that is changed later is another one. Throws
   * DATABASE_POLL_COLUMN (input) if the row lacks a column.
   */
  idOf(row: Row): string {
    const { column, keyColumns } = this.#settings;
    return rowId(row, [column, ...keyColumns]);
  }

  /** Called when the row is stored. Throws DATABASE_POLL_STRETCH (input) if there are too many rows to remember. */
  pass(row: Row): void {
    if (this.#known.size >= MOST_KNOWN) throw stretchTooLong();
    const mark = this.markOf(row);
    if (compareMarks(mark, this.#mark, this.#settings.kind) > 0) this.#mark = mark;
    this.#known.set(this.idOf(row), mark);
  }

  get isLarge(): boolean {
    return this.#known.size > LARGE;
  }

  toText(): string {
    const byMark = Map.groupBy([...this.#known].slice(-MOST_KEPT), ([, mark]) => mark);
    const known = [...byMark].map(([mark, rows]) => [mark, rows.map(([id]) => id)] as const);
    return JSON.stringify({ mark: this.#mark, settled: this.#settled, known } satisfies KeptPosition);
  }
}

interface KeptPosition {
  readonly mark: string;
  readonly settled: string;
  /** Ids of rows by their mark. Often many rows have the same one. */
  readonly known: readonly (readonly [mark: string, ids: readonly string[]])[];
}

/** Throws DATABASE_POLL_ORDER (input) if the rows do not come in the order of their marks: some would be passed over. */
export function requireOrder(rows: readonly Row[], { column, kind }: MarkSettings): void {
  let last: string | undefined;
  for (const row of rows) {
    const mark = toMark(valueOf(row, column), kind);
    if (last !== undefined && compareMarks(mark, last, kind) < 0)
      throw new AppError('DATABASE_POLL_ORDER', 'input', `The rows do not come in the order of the column ${column}.`, {
        values: { column },
        fix: `Add ORDER BY ${column} to the statement.`,
      });
    last = mark;
  }
}

/**
 * Returns an id of a row by these columns: 96 bits, so that among a million rows two have the same id with a
 * probability of 10^-17. Throws DATABASE_POLL_COLUMN (input) if one has no value.
 */
export function rowId(row: Row, columns: readonly string[]): string {
  const values = columns.map((name) => valueOf(row, name));
  return createHash('sha256').update(JSON.stringify(values)).digest('base64url').slice(0, 16);
}

function valueOf(row: Row, name: string): unknown {
  if (Object.hasOwn(row, name) && row[name] !== null) return row[name];
  throw new AppError('DATABASE_POLL_COLUMN', 'input', `A row has no value in the column ${name}.`, {
    values: { column: name },
    fix: 'Select the column under this name, and choose one that is never NULL.',
  });
}

function stretchTooLong(): AppError {
  return new AppError('DATABASE_POLL_STRETCH', 'input', `More than ${MOST_KNOWN} rows lie in the stretch that is read again.`, {
    values: { count: MOST_KNOWN },
    fix: 'Read a shorter stretch again; or begin behind a large import; or poll by a growing number, or by status.',
  });
}
