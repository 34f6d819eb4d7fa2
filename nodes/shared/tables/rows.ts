/** Rows as NDJSON: one JSON value per line. */
import { AppError } from '../../../engine/contract/values/errors.ts';
import { tableError } from './table-error.ts';

export interface ReadLimits {
  readonly maxRows: number;
  readonly maxColumns: number;
  readonly maxCellBytes: number;
}

export type Cell = string | number | boolean | null;
export type Row = readonly Cell[] | Readonly<Record<string, Cell>>;

export interface TableResult {
  readonly rows: number;
}

/** The size of the pieces in which rows leave. */
const PIECE_CHARACTERS = 65_536;
/** The longest line of NDJSON that is read: a row with its largest cells. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

export interface RowSink {
  /** Adds a row. Returns a promise when the caller must wait. Throws TABLE_TOO_MANY_ROWS (input). */
  add(row: Row): Promise<void> | undefined;
  /** Writes the rest; returns the number of rows. */
  end(): Promise<number>;
}

export function createRowSink(write: (bytes: Uint8Array) => Promise<void>, { maxRows }: Pick<ReadLimits, 'maxRows'>): RowSink {
  let rows = 0;
  let piece = '';
  const flush = (): Promise<void> => {
    const bytes = Buffer.from(piece);
    piece = '';
    return write(bytes);
  };
  return {
    add(row) {
      rows += 1;
      if (rows > maxRows) throw tableError('TABLE_TOO_MANY_ROWS', { limit: maxRows });
      piece += `${JSON.stringify(row)}\n`;
      return piece.length < PIECE_CHARACTERS ? undefined : flush();
    },
    async end() {
      if (piece !== '') await flush();
      return rows;
    },
  };
}

/** Reads rows from NDJSON, in the pieces in which they come. Rejects with TABLE_ROWS (input) if a line is not JSON. */
export async function* readRows(source: AsyncIterable<Uint8Array>): AsyncGenerator<readonly unknown[]> {
  let line = 0;
  for await (const block of blocksOfLines(source, MAX_LINE_BYTES)) {
    const rows: unknown[] = [];
    for (const text of block.toString('utf8').split('\n')) {
      line += 1;
      if (text.trim() !== '') rows.push(parseRow(text, line));
    }
    // The block ends with a line break, after which the next block continues.
    line -= 1;
    yield rows;
  }
}

function parseRow(text: string, line: number): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError('TABLE_ROWS', 'input', `Line ${line} of the rows is not JSON.`, {
      values: { problem: 'line', line },
      fix: 'Take rows from a node that writes them as NDJSON, one JSON value per line.',
      cause,
    });
  }
}

/**
 * Cuts bytes into blocks that end with a line break, except for the last. In UTF-8, GBK and GB18030 no character contains
 * the byte of a line break, so each block can be decoded alone. Throws TABLE_CELL_TOO_LARGE (input) if a line is longer.
 */
export async function* blocksOfLines(source: AsyncIterable<Uint8Array>, maxLineBytes: number): AsyncGenerator<Buffer> {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  for await (const chunk of source) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const end = bytes.lastIndexOf(10) + 1;
    if (end > 0) {
      yield Buffer.concat([...kept, bytes.subarray(0, end)]);
      kept = [];
      keptBytes = 0;
    }
    kept.push(bytes.subarray(end));
    keptBytes += bytes.length - end;
    if (keptBytes > maxLineBytes) throw tableError('TABLE_CELL_TOO_LARGE', { limit: maxLineBytes });
  }
  if (keptBytes > 0) yield Buffer.concat(kept);
}
