import { Type } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import { fieldEditor, fieldText } from '../../engine/contract/values/texts.ts';
import type { Connection, ReadLimits, Row, Statement } from './drivers/driver.ts';
import { rowTooLarge } from './drivers/errors.ts';

/** Most bytes of rows in memory at a time, if they all have their largest size. */
const BATCH_BYTES = 33_554_432;
const MAX_BATCH_ROWS = 500;

export interface RowLimits {
  readonly maxRows: number;
  readonly maxRowBytes: number;
  /** See `ReadLimits`. Without it, a second result is refused. */
  readonly onResult?: () => void;
}

/** The field of a node for `maxRowBytes`. */
export function maxRowBytesField(maximum: number) {
  return Type.Integer({
    ...fieldText('单行上限', 'Largest row'),
    ...fieldEditor('size-bytes'),
    minimum: 1024,
    maximum,
    default: 1_048_576,
  });
}

/** A row with its JSON text, which measures it. */
export interface SizedRow {
  readonly row: Row;
  readonly json: string;
}

/**
 * Reads the rows in batches. Throws DATABASE_TOO_MANY_ROWS or DATABASE_ROW_TOO_LARGE (input) at the first row above a
 * limit, DATABASE_SEVERAL_RESULTS (input), and the errors of `Connection`.
 */
export async function* readRows(connection: Connection, statement: Statement, limits: RowLimits): AsyncIterable<readonly SizedRow[]> {
  const { maxRows, maxRowBytes, onResult = onlyOne() } = limits;
  let count = 0;
  for await (const rows of connection.rows(statement, { ...batchLimits(maxRowBytes), onResult })) {
    const sized = rows.map((row) => ({ row, json: JSON.stringify(row) }));
    for (const { json } of sized) {
      count += 1;
      if (count > maxRows) throw tooManyRows(maxRows);
      if (Buffer.byteLength(json) > maxRowBytes) throw rowTooLarge({ problem: 'row', row: count, limitBytes: maxRowBytes });
    }
    yield sized;
  }
}

function onlyOne(): () => void {
  let count = 0;
  return () => {
    count += 1;
    if (count < 2) return;
    throw new AppError('DATABASE_SEVERAL_RESULTS', 'input', 'The statement returns more than one result.', {
      fix: 'Call a procedure with several results by the node Database call.',
    });
  };
}

export function resultTooLarge(limitBytes: number, fix: string): AppError {
  return new AppError('DATABASE_RESULT_TOO_LARGE', 'input', `The result is larger than the limit of ${limitBytes} bytes.`, {
    values: { limitBytes },
    fix,
  });
}

/** A driver may receive up to twice the size of a row, because databases send bytes as hexadecimal text. */
function batchLimits(maxRowBytes: number): ReadLimits {
  const batchRows = Math.min(MAX_BATCH_ROWS, Math.max(1, Math.floor(BATCH_BYTES / maxRowBytes)));
  return { batchRows, batchBytes: batchRows * (maxRowBytes * 2 + 65_536) };
}

function tooManyRows(maxRows: number): AppError {
  return new AppError('DATABASE_TOO_MANY_ROWS', 'input', `The result has more than ${maxRows} rows.`, {
    values: { maxRows },
    fix: 'Narrow the statement, or raise the limit of the node.',
  });
}
