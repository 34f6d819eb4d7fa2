/**
 * Reads a sheet of an XLSX workbook (ECMA-376). The workbook is held compressed, its sheet streams. The sizes that a
 * ZIP archive declares are not believed: bytes are counted while they unfold.
 */
import { SaxesParser, type SaxesTagPlain } from 'saxes';
import type { Entry, ZipFile } from 'yauzl';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createRowShaper, type ColumnOptions } from './columns.ts';
import type { Cell, ReadLimits, RowSink } from './rows.ts';
import { tableError } from './table-error.ts';
import { dateText, readDateFormats, type DateFormats } from './xlsx-dates.ts';

export interface XlsxReadOptions extends ColumnOptions {
  /** Empty: the first sheet. */
  readonly sheet: string;
  readonly skipRows: number;
}

/** A short cell may name a large shared text, so few rows are read before the reader waits until they are taken. */
const PIECE_CHARACTERS = 1024;
const MAX_FILE_BYTES = 67_108_864;
const MAX_ENTRIES = 10_000;
/** The largest part that is held: the list of texts, styles, names of sheets. */
const MAX_PART_BYTES = 134_217_728;
const MAX_SHEET_BYTES = 4_294_967_296;

export async function readXlsx(
  source: AsyncIterable<Uint8Array>,
  options: XlsxReadOptions,
  limits: ReadLimits,
  sink: RowSink,
): Promise<void> {
  const archive = await openArchive(await collect(source));
  try {
    const { path, is1904 } = await findSheet(archive, options.sheet);
    const formats = await readDateFormats((onTag) => archive.parse('xl/styles.xml', MAX_PART_BYTES, { onTag }), is1904);
    const texts = await readTexts(archive, limits);
    const shape = createRowShaper(options, limits);
    await readSheet(archive, path, { texts, formats, limits }, (cells, number) => {
      const row = number <= options.skipRows ? undefined : shape(cells);
      return row === undefined ? undefined : sink.add(row);
    });
  } catch (error) {
    throw error instanceof AppError ? error : invalid('its content is damaged', error);
  } finally {
    archive.close();
  }
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of source) {
    bytes += part.length;
    if (bytes > MAX_FILE_BYTES) throw tableError('XLSX_TOO_LARGE', { limit: MAX_FILE_BYTES, what: 'file' });
    parts.push(part);
  }
  return Buffer.concat(parts);
}

interface Handlers {
  onTag?(tag: SaxesTagPlain): void;
  onText?(text: string): void;
  onEnd?(name: string): void;
  /** Called between pieces. The reading waits for a promise. */
  onPiece?(): Promise<void> | undefined;
}

interface Archive {
  has(path: string): boolean;
  /** Parses an XML part while it unfolds; nothing happens if it is missing. */
  parse(path: string, maxBytes: number, handlers: Handlers): Promise<void>;
  close(): void;
}

async function openArchive(bytes: Buffer): Promise<Archive> {
  const { fromBufferPromise } = await import('yauzl');
  const zip: ZipFile = await fromBufferPromise(bytes, { lazyEntries: true, strictFileNames: false }).catch((cause: unknown) => {
    throw invalid('it is no ZIP archive', cause);
  });
  const entries = new Map<string, Entry>();
  await new Promise<void>((resolve, reject) => {
    zip.on('entry', (entry: Entry) => {
      if (entry.isEncrypted() || entries.size >= MAX_ENTRIES)
        return reject(invalid(entry.isEncrypted() ? 'it has a password' : 'it has too many parts'));
      entries.set(entry.fileName, entry);
      return zip.readEntry();
    });
    zip.on('end', resolve).on('error', (cause: unknown) => reject(invalid('its archive is damaged', cause)));
    zip.readEntry();
  });
  return {
    has: (path) => entries.has(path),
    close: () => zip.close(),
    async parse(path, maxBytes, handlers) {
      const entry = entries.get(path);
      if (entry === undefined) return;
      await parseXml(await zip.openReadStreamPromise(entry), maxBytes, handlers);
    },
  };
}

async function parseXml(stream: AsyncIterable<Buffer>, maxBytes: number, { onTag, onText, onEnd, onPiece }: Handlers): Promise<void> {
  const parser = new SaxesParser();
  // Entities that a document defines could grow without end, so saxes knows none of them: their use is an error.
  parser.on('error', (error) => {
    throw error;
  });
  if (onTag !== undefined) parser.on('opentag', onTag as (tag: { readonly name: string }) => void);
  if (onText !== undefined) parser.on('text', onText);
  if (onEnd !== undefined) parser.on('closetag', ({ name }) => onEnd(name));
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tableError('XLSX_TOO_LARGE', { limit: maxBytes, what: 'unpacked content' });
    const text = decoder.decode(chunk, { stream: true });
    for (let from = 0; from < text.length; from += PIECE_CHARACTERS) {
      parser.write(text.slice(from, from + PIECE_CHARACTERS));
      const wait = onPiece?.();
      if (wait !== undefined) await wait;
    }
  }
  parser.write(decoder.decode());
  parser.close();
}

/** A name without its namespace prefix, since programs choose different ones. */
const local = (name: string) => name.slice(name.indexOf(':') + 1);

async function findSheet(archive: Archive, wanted: string): Promise<{ readonly path: string; readonly is1904: boolean }> {
  if (!archive.has('xl/workbook.xml')) throw invalid('it has no workbook');
  const sheets: { readonly name: string; readonly id: string }[] = [];
  const targets = new Map<string, string>();
  let is1904 = false;
  await archive.parse('xl/workbook.xml', MAX_PART_BYTES, {
    onTag({ name, attributes }) {
      if (local(name) === 'workbookPr') is1904 = ['1', 'true'].includes(attributes['date1904'] ?? '');
      const id = Object.entries(attributes).find(([key]) => local(key) === 'id' && key !== 'id')?.[1];
      if (local(name) === 'sheet' && id !== undefined) sheets.push({ name: attributes['name'] ?? '', id });
    },
  });
  await archive.parse('xl/_rels/workbook.xml.rels', MAX_PART_BYTES, {
    onTag: ({ attributes }) => void targets.set(attributes['Id'] ?? '', attributes['Target'] ?? ''),
  });
  const sheet = wanted === '' ? sheets[0] : sheets.find(({ name }) => name === wanted);
  if (sheet === undefined) throw tableError('XLSX_SHEET', { name: wanted });
  const target = targets.get(sheet.id) ?? '';
  const path = target.startsWith('/') ? target.slice(1) : `xl/${target}`;
  if (!archive.has(path)) throw invalid('its sheet is missing');
  return { path, is1904 };
}

/** Reads the texts that cells refer to by their number. Phonetic hints (`rPh`) are no part of a text. */
async function readTexts(archive: Archive, { maxCellBytes }: ReadLimits): Promise<readonly string[]> {
  const texts: string[] = [];
  let [text, isText, hints] = ['', false, 0];
  await archive.parse('xl/sharedStrings.xml', MAX_PART_BYTES, {
    onTag({ name }) {
      if (local(name) === 'si') text = '';
      if (local(name) === 'rPh') hints += 1;
      isText = local(name) === 't' && hints === 0;
    },
    onText(piece) {
      if (!isText) return;
      text += piece;
      if (text.length > maxCellBytes) throw tableError('TABLE_CELL_TOO_LARGE', { limit: maxCellBytes });
    },
    onEnd(name) {
      isText = false;
      if (local(name) === 'rPh') hints -= 1;
      if (local(name) === 'si') texts.push(text);
    },
  });
  return texts;
}

interface SheetContext {
  readonly texts: readonly string[];
  readonly formats: DateFormats;
  readonly limits: ReadLimits;
}

/** Calls `onRow` with the cells of each row. A row without cells is skipped, as programs leave empty rows out too. */
async function readSheet(
  archive: Archive,
  path: string,
  { texts, formats, limits }: SheetContext,
  onRow: (cells: readonly Cell[], number: number) => Promise<void> | undefined,
): Promise<void> {
  let cells: Cell[] = [];
  let row = 0;
  let column = -1;
  let [type, style, value, isValue] = ['', '', '', false];
  let waits: Promise<void> | undefined;

  const endCell = (): void => {
    const cell = cellOf(type, style, value, texts, formats);
    while (cells.length < column) cells.push(null);
    cells[column] = cell;
  };
  await archive.parse(path, MAX_SHEET_BYTES, {
    onTag({ name, attributes }) {
      const tag = local(name);
      if (tag === 'row') {
        cells = [];
        column = -1;
        row = Number(attributes['r'] ?? row + 1);
      } else if (tag === 'c') {
        column = attributes['r'] === undefined ? column + 1 : columnOf(attributes['r']);
        if (column >= limits.maxColumns) throw tableError('TABLE_TOO_MANY_COLUMNS', { row, limit: limits.maxColumns });
        [type, style, value] = [attributes['t'] ?? '', attributes['s'] ?? '', ''];
      }
      isValue = tag === 'v' || tag === 't';
    },
    onText(piece) {
      if (!isValue) return;
      value += piece;
      if (value.length > limits.maxCellBytes) throw tableError('TABLE_CELL_TOO_LARGE', { limit: limits.maxCellBytes });
    },
    onEnd(name) {
      isValue = false;
      if (local(name) === 'c') endCell();
      if (local(name) === 'row' && cells.some((cell) => cell !== null)) {
        // Rows of one piece of the file wait together, so they are not many.
        const more = onRow(cells, row);
        if (more !== undefined) waits = waits === undefined ? more : waits.then(() => more);
      }
    },
    onPiece() {
      const pending = waits;
      waits = undefined;
      return pending;
    },
  });
  await waits;
}

/** `AB12` -> 27. */
function columnOf(reference: string): number {
  let column = 0;
  for (const letter of reference) {
    const code = letter.charCodeAt(0) - 64;
    if (code < 1 || code > 26) break;
    column = column * 26 + code;
  }
  return column - 1;
}

function cellOf(type: string, style: string, value: string, texts: readonly string[], formats: DateFormats): Cell {
  if (type === 'inlineStr' || type === 'str' || type === 'e') return value === '' ? null : value;
  if (value === '') return null;
  if (type === 's') return texts[Number(value)] ?? null;
  if (type === 'b') return value === '1';
  if (type === 'd') return value;
  const number = Number(value);
  if (!Number.isFinite(number)) return value;
  return dateText(number, style, formats) ?? number;
}

function invalid(problem: string, cause?: unknown): AppError {
  const { code, kind, message, values, fix } = tableError('XLSX_INVALID', { problem });
  return new AppError(code, kind, message, { values, ...(fix === undefined ? {} : { fix }), cause });
}
