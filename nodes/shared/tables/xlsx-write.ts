/** Writes a workbook with one sheet (ECMA-376) while the rows stream in. Texts are inline, so none are held. */
import { Readable } from 'node:stream';
import { cellsOf, columnsOf } from './columns.ts';
import type { Cell, TableResult } from './rows.ts';
import { tableError } from './table-error.ts';

export interface XlsxWriteOptions {
  readonly sheet: string;
  readonly columns: readonly string[];
  readonly header: boolean;
}

/** Limits of Excel. */
const MAX_ROWS = 1_048_576;
const MAX_COLUMNS = 16_384;
const MAX_CELL_CHARACTERS = 32_767;

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
/** The same time in all files, so that the same rows give the same bytes. */
const WRITTEN_AT = new Date(Date.UTC(2000, 0, 1));

export async function writeXlsx(
  rows: AsyncIterable<readonly unknown[]>,
  options: XlsxWriteOptions,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<TableResult> {
  const { ZipFile } = await import('yazl');
  const zip = new ZipFile();
  const result = { rows: 0 };
  for (const [path, xml] of Object.entries(partsOf(options.sheet))) zip.addBuffer(Buffer.from(HEAD + xml), path, { mtime: WRITTEN_AT });
  let failure: Error | undefined;
  const sheet = Readable.from(sheetOf(rows, options, result));
  const output = zip.outputStream as unknown as Readable;
  sheet.on('error', (error) => {
    failure = error;
    output.destroy();
  });
  zip.addReadStream(sheet, 'xl/worksheets/sheet1.xml', { mtime: WRITTEN_AT });
  zip.end();
  try {
    for await (const chunk of output) await write(chunk as Buffer);
  } catch (error) {
    throw failure ?? error;
  } finally {
    sheet.destroy();
  }
  if (failure !== undefined) throw failure;
  return result;
}

function partsOf(sheet: string): Readonly<Record<string, string>> {
  const type = (name: string) => `application/vnd.openxmlformats-officedocument.spreadsheetml.${name}+xml`;
  return {
    '[Content_Types].xml':
      `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
      `<Override PartName="/xl/workbook.xml" ContentType="${type('sheet.main')}"/>` +
      `<Override PartName="/xl/worksheets/sheet1.xml" ContentType="${type('worksheet')}"/></Types>`,
    '_rels/.rels': `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheets><sheet name="${escape(sheet)}" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
  };
}

async function* sheetOf(
  rows: AsyncIterable<readonly unknown[]>,
  { columns: given, header }: XlsxWriteOptions,
  result: { rows: number },
): AsyncGenerator<string> {
  yield `${HEAD}<worksheet xmlns="${MAIN}"><sheetData>`;
  let columns: readonly string[] | undefined;
  let line = 0;
  const rowOf = (cells: readonly Cell[], names: readonly string[]): string => {
    line += 1;
    if (line > MAX_ROWS) throw tableError('TABLE_TOO_MANY_ROWS', { limit: MAX_ROWS });
    if (cells.length > MAX_COLUMNS) throw tableError('TABLE_TOO_MANY_COLUMNS', { row: result.rows, limit: MAX_COLUMNS });
    const inner = cells.map((cell, index) => cellXml(cell, `${columnName(index)}${line}`, names[index] ?? String(index + 1), result.rows));
    return `<row r="${line}">${inner.join('')}</row>`;
  };
  for await (const batch of rows) {
    let xml = '';
    if (columns === undefined && batch.length > 0) {
      columns = columnsOf(batch[0], given);
      if (header && columns.length > 0) xml += rowOf(columns, columns);
    }
    for (const row of batch) {
      result.rows += 1;
      xml += rowOf(cellsOf(row, columns ?? [], result.rows), columns ?? []);
    }
    if (xml !== '') yield xml;
  }
  if (columns === undefined && header && given.length > 0) yield rowOf(given, given);
  yield '</sheetData></worksheet>';
}

function cellXml(cell: Cell, reference: string, name: string, row: number): string {
  if (cell === null || cell === '') return '';
  if (typeof cell === 'number') return `<c r="${reference}"><v>${cell}</v></c>`;
  if (typeof cell === 'boolean') return `<c r="${reference}" t="b"><v>${cell ? 1 : 0}</v></c>`;
  if (cell.length > MAX_CELL_CHARACTERS) throw tableError('TABLE_TOO_WIDE', { name, row, limit: MAX_CELL_CHARACTERS });
  if (!isXmlText(cell)) throw tableError('TABLE_CELL', { name, row });
  return `<c r="${reference}" t="inlineStr"><is><t xml:space="preserve">${escape(cell)}</t></is></c>`;
}

/** XML 1.0 has no control characters except for tab and line breaks, and no half of a pair of surrogates. */
function isXmlText(text: string): boolean {
  return !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text) && text.isWellFormed();
}

/** A carriage return is written as a reference, because a parser of XML would read it as a line feed. */
function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll('\r', '&#13;');
}

/** 27 -> `AB`. */
function columnName(index: number): string {
  let name = '';
  for (let left = index + 1; left > 0; left = Math.floor((left - 1) / 26)) name = String.fromCharCode(65 + ((left - 1) % 26)) + name;
  return name;
}
