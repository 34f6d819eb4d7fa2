/**
 * The tasks that convert tables. All convert bytes to bytes while they stream: rows are NDJSON (one JSON value per line)
 * on one side, a file format on the other.
 */
import type { CsvReadOptions, CsvWriteOptions } from './csv.ts';
import type { FixedWidthOptions } from './fixed-width.ts';
import { createRowSink, readRows, type ReadLimits, type RowSink, type TableResult } from './rows.ts';
import type { XlsxReadOptions } from './xlsx-read.ts';
import type { XlsxWriteOptions } from './xlsx-write.ts';

export type TableTask =
  | { readonly kind: 'csv-read'; readonly options: CsvReadOptions; readonly limits: ReadLimits }
  | { readonly kind: 'fixed-width-read'; readonly options: FixedWidthOptions; readonly limits: ReadLimits }
  | { readonly kind: 'xlsx-read'; readonly options: XlsxReadOptions; readonly limits: ReadLimits }
  | { readonly kind: 'xlsx-write'; readonly options: XlsxWriteOptions }
  | { readonly kind: 'csv-write'; readonly options: CsvWriteOptions }
  | { readonly kind: 'fixed-width-write'; readonly options: FixedWidthOptions };

export interface TableIo {
  readonly source: AsyncIterable<Uint8Array>;
  /** Resolves when the bytes were taken. */
  write(bytes: Uint8Array): Promise<void>;
}

/**
 * Runs a task to its end. Rejects with the AppError of a row or cell that is wrong or above a limit. The libraries of a
 * format are loaded when it is first used.
 */
export async function runTableTask(task: TableTask, { source, write }: TableIo): Promise<TableResult> {
  switch (task.kind) {
    case 'csv-read': {
      const { readCsv } = await import('./csv.ts');
      return intoRows(write, task.limits, (sink) => readCsv(source, task.options, task.limits, sink));
    }
    case 'fixed-width-read': {
      const { readFixedWidth } = await import('./fixed-width.ts');
      return intoRows(write, task.limits, (sink) => readFixedWidth(source, task.options, task.limits, sink));
    }
    case 'xlsx-read': {
      const { readXlsx } = await import('./xlsx-read.ts');
      return intoRows(write, task.limits, (sink) => readXlsx(source, task.options, task.limits, sink));
    }
    case 'csv-write':
      return (await import('./csv.ts')).writeCsv(readRows(source), task.options, write);
    case 'fixed-width-write':
      return (await import('./fixed-width.ts')).writeFixedWidth(readRows(source), task.options, write);
    case 'xlsx-write':
      return (await import('./xlsx-write.ts')).writeXlsx(readRows(source), task.options, write);
  }
}

async function intoRows(write: TableIo['write'], limits: ReadLimits, read: (sink: RowSink) => Promise<void>): Promise<TableResult> {
  const sink = createRowSink(write, limits);
  await read(sink);
  return { rows: await sink.end() };
}
