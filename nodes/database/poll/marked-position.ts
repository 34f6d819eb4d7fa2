/**
 * Polls by a high-water mark. A transaction that began earlier may commit later, so each poll reads a stretch before
 * the mark again. Rows that are known by their keys are read over; those that are forgotten are recognised by the
 * engine, which gets the same dedupe key for the same row and mark.
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

/** Maximum number of rows that are remembered in memory, and in the kept position. More are recognised by the engine. */
const MOST_KNOWN = 1_000_000;
const MOST_KEPT = 300_000;
/** A position with more rows is large to write. */
const LARGE = 5000;

/** How far a poll has read: the highest mark, and the rows of the stretch that is read again, by id. */
export class MarkedPosition {
  readonly #settings: MarkSettings;
  #mark: string;
  /** Mark by id of a row. */
  readonly #known: Map<string, string>;

  constructor(settings: MarkSettings, kept: string | undefined) {
    this.#settings = settings;
    const { mark, known } = kept === undefined ? { mark: settings.from, known: [] } : (JSON.parse(kept) as KeptPosition);
    this.#mark = mark;
    this.#known = new Map(known.flatMap(([of, ids]) => ids.map((id) => [id, of])));
  }

  /** Where a poll begins. */
  get after(): string {
    return moveBack(this.#mark, this.#settings.overlap, this.#settings.kind);
  }

  /** Where a poll continues that has not come to the end. */
  get mark(): string {
    return this.#mark;
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

  /** Called when the row is stored, in the order of the marks. */
  pass(row: Row): void {
    const { column, kind } = this.#settings;
    const mark = toMark(valueOf(row, column), kind);
    if (compareMarks(mark, this.#mark, kind) > 0) this.#mark = mark;
    if (this.#known.size < MOST_KNOWN) this.#known.set(this.idOf(row), mark);
  }

  /** Forgets the rows that are not read again. */
  forgetOld(): void {
    const { after } = this;
    for (const [id, mark] of this.#known) if (compareMarks(mark, after, this.#settings.kind) < 0) this.#known.delete(id);
  }

  get isLarge(): boolean {
    return this.#known.size > LARGE;
  }

  toText(): string {
    const byMark = Map.groupBy([...this.#known].slice(-MOST_KEPT), ([, mark]) => mark);
    const known = [...byMark].map(([mark, rows]) => [mark, rows.map(([id]) => id)] as const);
    return JSON.stringify({ mark: this.#mark, known } satisfies KeptPosition);
  }
}

interface KeptPosition {
  readonly mark: string;
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
