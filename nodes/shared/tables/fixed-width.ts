/** Lines whose fields have fixed places. Places are bytes or characters: old systems count the bytes of GBK. */
import { decodeText, encodeText } from '../charset/text-charset.ts';
import { cellsOf } from './columns.ts';
import { blocksOfLines, type ReadLimits, type RowSink, type TableResult } from './rows.ts';
import { tableError } from './table-error.ts';

export interface FixedWidthField {
  readonly name: string;
  readonly width: number;
  /** Where the value stands within its places when it is shorter. */
  readonly align: 'left' | 'right';
  /** One character that fills the rest. */
  readonly pad: string;
}

export interface FixedWidthOptions {
  readonly charset: string;
  readonly unit: 'bytes' | 'characters';
  readonly fields: readonly FixedWidthField[];
  readonly lineBreak: 'crlf' | 'lf';
  readonly skipLines: number;
}

const NEW_LINE = 10;
const RETURN = 13;

/** A line may be shorter than its fields: what is missing is empty. A longer one is refused with TABLE_RAGGED (input). */
export async function readFixedWidth(
  source: AsyncIterable<Uint8Array>,
  options: FixedWidthOptions,
  { maxCellBytes }: Pick<ReadLimits, 'maxCellBytes'>,
  sink: RowSink,
): Promise<void> {
  const expected = options.fields.reduce((sum, { width }) => sum + width, 0);
  let row = 0;
  for await (const block of blocksOfLines(source, expected * 4 + maxCellBytes)) {
    for (let at = 0; at < block.length;) {
      const lineEnd = block.indexOf(NEW_LINE, at);
      const next = lineEnd === -1 ? block.length : lineEnd + 1;
      let end = lineEnd === -1 ? block.length : lineEnd;
      if (end > at && block[end - 1] === RETURN) end -= 1;
      row += 1;
      const line = withoutMark(block.subarray(at, end), row);
      at = next;
      if (row <= options.skipLines || line.length === 0) continue;
      await sink.add(rowOf(line, options, row, expected));
    }
  }
}

function withoutMark(line: Buffer, row: number): Buffer {
  return row === 1 && line.subarray(0, 3).equals(UTF8_MARK) ? line.subarray(3) : line;
}
const UTF8_MARK = Buffer.from('\ufeff');

function rowOf(line: Buffer, { charset, unit, fields }: FixedWidthOptions, row: number, expected: number): Record<string, string> {
  const units = unit === 'bytes' ? undefined : Array.from(decodeText(line, charset));
  const found = units?.length ?? line.length;
  if (found > expected) throw tableError(units === undefined ? 'TABLE_RAGGED/bytes' : 'TABLE_RAGGED/characters', { row, found, expected });
  let at = 0;
  return Object.fromEntries(
    fields.map((field) => {
      const end = at + field.width;
      const text = units === undefined ? decodeText(line.subarray(at, end), charset) : units.slice(at, end).join('');
      at = end;
      return [field.name, withoutPad(text, field)];
    }),
  );
}

/** A number filled with zeros keeps its last digit: 000 is 0. */
function withoutPad(text: string, { align, pad }: FixedWidthField): string {
  let [start, end] = [0, text.length];
  if (align === 'left') while (end > start && text[end - 1] === pad) end -= 1;
  else while (start < end - (pad === '0' ? 1 : 0) && text[start] === pad) start += 1;
  return text.slice(start, end);
}

export async function writeFixedWidth(
  rows: AsyncIterable<readonly unknown[]>,
  options: FixedWidthOptions,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<TableResult> {
  const names = options.fields.map(({ name }) => name);
  const lineBreak = options.lineBreak === 'crlf' ? '\r\n' : '\n';
  let count = 0;
  for await (const batch of rows) {
    const lines = batch.map((row) => {
      count += 1;
      const cells = cellsOf(row, names, count);
      return options.fields.map((field, index) => padded(String(cells[index] ?? ''), field, options, count)).join('');
    });
    if (lines.length > 0) await write(encodeText(lines.map((line) => line + lineBreak).join(''), options.charset));
  }
  return { rows: count };
}

function padded(text: string, { name, width, align, pad }: FixedWidthField, { unit, charset }: FixedWidthOptions, row: number): string {
  if (/[\r\n]/.test(text)) throw tableError('TABLE_CELL', { name, row });
  const length = unit === 'bytes' ? encodeText(text, charset).length : Array.from(text).length;
  if (length > width) throw tableError('TABLE_TOO_WIDE', { name, row, limit: width });
  const rest = pad.repeat(width - length);
  return align === 'left' ? text + rest : rest + text;
}
