/** CSV (RFC 4180) and its relatives with other separators. */
import { Readable } from 'node:stream';
import { parse, type CsvError } from 'csv-parse';
import { stringify } from 'csv-stringify/sync';
import { decodeText, encodeText } from '../charset/text-charset.ts';
import { cellsOf, columnsOf, createRowShaper, type ColumnOptions } from './columns.ts';
import { blocksOfLines, type Cell, type ReadLimits, type RowSink, type TableResult } from './rows.ts';
import { tableError } from './table-error.ts';

export interface CsvReadOptions extends ColumnOptions {
  readonly charset: string;
  readonly delimiter: string;
  /** Empty: there are no quotes. */
  readonly quote: string;
  readonly trim: boolean;
  /** Lines before the table. */
  readonly skipLines: number;
}

export interface CsvWriteOptions {
  readonly charset: string;
  readonly delimiter: string;
  readonly quoteAll: boolean;
  readonly header: boolean;
  readonly columns: readonly string[];
  readonly lineBreak: 'crlf' | 'lf';
  /** Writes a byte order mark, by which Excel recognises UTF-8. */
  readonly bom: boolean;
  /** Puts an apostrophe before texts that Excel would take for a formula. */
  readonly neutralise: boolean;
}

export async function readCsv(
  source: AsyncIterable<Uint8Array>,
  options: CsvReadOptions,
  limits: ReadLimits,
  sink: RowSink,
): Promise<void> {
  const maxRecordBytes = limits.maxCellBytes * 4 + 65_536;
  const texts = Readable.from(textsOf(source, options, maxRecordBytes));
  const parser = parse({
    delimiter: options.delimiter,
    quote: options.quote === '' ? null : options.quote,
    escape: options.quote === '' ? null : options.quote,
    trim: options.trim,
    skip_empty_lines: true,
    relax_column_count: true,
    max_record_size: maxRecordBytes,
  });
  const shape = createRowShaper(options, limits);
  texts.on('error', (error) => parser.destroy(error));
  try {
    for await (const cells of texts.pipe(parser) as AsyncIterable<readonly string[]>) {
      for (const cell of cells)
        if (cell.length > limits.maxCellBytes) throw tableError('TABLE_CELL_TOO_LARGE', { limit: limits.maxCellBytes });
      const row = shape(cells);
      if (row !== undefined) await sink.add(row);
    }
  } catch (error) {
    throw asTableError(error, maxRecordBytes);
  } finally {
    texts.destroy();
  }
}

/** Decodes the text in blocks of lines, without its byte order mark and the lines before the table. */
async function* textsOf(
  source: AsyncIterable<Uint8Array>,
  { charset, skipLines }: CsvReadOptions,
  maxLineBytes: number,
): AsyncGenerator<string> {
  let left = skipLines;
  let isFirst = true;
  for await (const block of blocksOfLines(source, maxLineBytes)) {
    let text = decodeText(block, charset);
    if (isFirst && text.startsWith('\ufeff')) text = text.slice(1);
    isFirst = false;
    while (left > 0 && text !== '') {
      const end = text.indexOf('\n') + 1;
      text = end === 0 ? '' : text.slice(end);
      left -= 1;
    }
    if (text !== '') yield text;
  }
}

function asTableError(error: unknown, limit: number): unknown {
  const { code, lines = 0 } = error as Partial<CsvError> & { lines?: number };
  if (code?.endsWith('_MAX_RECORD_SIZE') === true) return tableError('TABLE_CELL_TOO_LARGE', { limit });
  return typeof code === 'string' && /^(CSV_|INVALID_OPENING_QUOTE)/.test(code) ? tableError('TABLE_QUOTES', { row: lines }) : error;
}

export async function writeCsv(
  rows: AsyncIterable<readonly unknown[]>,
  options: CsvWriteOptions,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<TableResult> {
  const settings = {
    delimiter: options.delimiter,
    record_delimiter: options.lineBreak === 'crlf' ? '\r\n' : '\n',
    quoted: options.quoteAll,
    escape_formulas: options.neutralise,
    cast: { boolean: (value: boolean) => String(value) },
  };
  let count = 0;
  let columns: readonly string[] | undefined;
  for await (const batch of rows) {
    const cells: (readonly Cell[])[] = [];
    if (columns === undefined && batch.length > 0) {
      columns = columnsOf(batch[0], options.columns);
      if (options.header && columns.length > 0) cells.push(columns);
    }
    for (const row of batch) cells.push(cellsOf(row, columns ?? [], (count += 1)));
    if (cells.length === 0) continue;
    const isStart = count === batch.length;
    const text = stringify(cells as Cell[][], settings);
    await write(encodeText(isStart && options.bom ? `\ufeff${text}` : text, options.charset));
  }
  if (columns === undefined && options.header && options.columns.length > 0)
    await write(encodeText(`${options.bom ? '\ufeff' : ''}${stringify([[...options.columns]], settings)}`, options.charset));
  return { rows: count };
}
