/** One transformation, in the XSLT thread. */
import type { MainModule } from 'libxslt-wasm/output/libxslt';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { decodeText } from '../../shared/charset/text-charset.ts';
import { refuseDeclarations } from '../../shared/xml/parse-xml.ts';
import { xmlCharset } from '../../shared/xml/xml-charset.ts';
import { loadLibrary, takeDiagnostics } from './xslt-library.ts';

export interface XsltTask {
  readonly stylesheet: string;
  readonly source: string | Uint8Array;
  /** If undefined, that of the XML declaration. */
  readonly charset: string | undefined;
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
}

/** XML_PARSE_NONET, XML_PARSE_NO_XXE, XML_PARSE_NOCDATA. */
const PARSE_OPTIONS = 2048 | 8_388_608 | 16_384;
const MOST_OUTPUT = 67_108_864;

/**
 * Returns the output as text. Throws XSLT_INVALID, XSLT_FAILED, XML_INVALID, XML_DOCTYPE, CHARSET_… or PARSE_TOO_COSTLY
 * (all input).
 */
export async function transform({ stylesheet, source, charset, parameters }: XsltTask): Promise<string> {
  const document = typeof source === 'string' ? source : decodeText(source, charset ?? xmlCharset(source));
  refuseDeclarations(stylesheet);
  refuseDeclarations(document);
  const library = await loadLibrary();
  takeDiagnostics();
  const sheet = await compile(library, stylesheet);
  const input = await read(library, document, 'document');
  if (input === 0) throw invalidDocument();
  const result = await guarded(() => library._xsltApplyStylesheet(sheet, input, namedValues(library, parameters)));
  const diagnostics = takeDiagnostics();
  if (diagnostics.hasAskedForFile) throw failed('document', 'The stylesheet asks for another document.');
  if (result === 0) throw failedWith(diagnostics.lines);
  return write(library, result, sheet);
}

/** The lines that say what is wrong, the most precise ones first. */
const REASONS = [/^xsl:/, /^XPath error/, /^xslt?[A-Z]/i];

/** Checks a stylesheet. Rejects with XSLT_INVALID or XML_DOCTYPE (input). */
async function compile(library: MainModule, stylesheet: string): Promise<number> {
  const parsed = await read(library, stylesheet, 'stylesheet');
  const sheet = parsed === 0 ? 0 : await guarded(() => library._xsltParseStylesheetDoc(parsed));
  const diagnostics = takeDiagnostics();
  // The library ignores instructions that it does not know, after telling so.
  const isWrong = diagnostics.lines.some((text) => text.startsWith('compilation error'));
  if (sheet !== 0 && !diagnostics.hasAskedForFile && !isWrong) return sheet;
  const line = lineOf(diagnostics.lines, 'stylesheet');
  // No message is read yet, so these lines quote nothing but the stylesheet.
  const [reason = 'it is not well-formed'] = REASONS.flatMap((start) => diagnostics.lines.filter((text) => start.test(text)));
  throw new AppError('XSLT_INVALID', 'input', `The stylesheet is not valid${atLine(line)}: ${reason.slice(0, 200)}.`, {
    values: { reason: reason.slice(0, 200), ...line },
    fix: 'Correct the stylesheet; it is XSLT 1.0 in one file.',
  });
}

async function read(library: MainModule, text: string, name: string): Promise<number> {
  const bytes = Buffer.from(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  const at = library._malloc(bytes.length + 1);
  heapOf(library).set(bytes, at);
  const [nameAt, encodingAt] = [library.stringToNewUTF8(name), library.stringToNewUTF8('UTF-8')] as number[];
  return guarded(() => library._xmlReadMemory(at, bytes.length, nameAt!, encodingAt!, PARSE_OPTIONS));
}

/** Returns a list of names and XPath expressions that ends with 0. */
function namedValues(library: MainModule, parameters: XsltTask['parameters']): number {
  const texts = Object.entries(parameters).flatMap(([name, value]) => [name, xpathLiteral(value)]);
  const list = library._calloc(texts.length + 1, 4);
  for (const [index, text] of texts.entries()) library.setValue(list + 4 * index, library.stringToNewUTF8(text) as number, '*');
  return list;
}

/** XPath 1.0 has no escapes in literals, so a text with both quotation marks is put together. */
function xpathLiteral(value: string | number | boolean): string {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : 'number("NaN")';
  if (typeof value === 'boolean') return value ? 'true()' : 'false()';
  if (!value.includes('"')) return `"${value}"`;
  if (!value.includes("'")) return `'${value}'`;
  return `concat(${value
    .split('"')
    .map((part) => `"${part}"`)
    .join(`, '"', `)})`;
}

function write(library: MainModule, result: number, sheet: number): string {
  const buffer = library._xmlAllocOutputBuffer(0);
  if (library._xsltSaveResultTo(buffer, result, sheet) < 0) throw failedWith(takeDiagnostics().lines);
  const size = library._xmlOutputBufferGetSize(buffer);
  if (size > MOST_OUTPUT) throw tooCostly('output');
  const at = library._xmlOutputBufferGetContent(buffer);
  return Buffer.from(heapOf(library).slice(at, at + size)).toString('utf8');
}

/** The library renews `HEAPU8` after its memory has grown, but only when one of its functions uses it. */
function heapOf(library: MainModule): Uint8Array {
  library.getValue(0, 'i8');
  return library.HEAPU8;
}

/** Endless recursion overflows the stack, and too much memory ends in an error of WebAssembly. */
async function guarded(work: () => number | Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RangeError) throw tooCostly('recursion');
    if (takeDiagnostics().hasAskedForFile) throw failed('document', 'The stylesheet asks for another document, or writes one.');
    throw tooCostly('memory');
  }
}

function invalidDocument(): AppError {
  const line = lineOf(takeDiagnostics().lines, 'document');
  return new AppError('XML_INVALID', 'input', `The payload is not well-formed XML${atLine(line)}.`, {
    values: 'line' in line ? { ...line, column: 1 } : {},
    fix: 'Send one well-formed document.',
  });
}

/** Tells the place, and the reason only where it names parts of the stylesheet: other lines can quote the message. */
function failedWith(lines: readonly string[]): AppError {
  if (lines.some((line) => /memory allocation|out of memory/i.test(line))) return tooCostly('memory');
  if (lines.some((line) => /infinite template recursion/.test(line))) return tooCostly('recursion');
  const line = lineOf(lines, 'stylesheet');
  const reason = lines.map((text) => /^XPath error : ([\w :()-]{1,100})$/.exec(text)?.[1]).find((text) => text !== undefined);
  if (reason === undefined) return failed('stopped', `The stylesheet stopped${atLine(line)}.`, line);
  return failed('xpath', `The stylesheet failed${atLine(line)}: ${reason}.`, { ...line, reason });
}

function failed(problem: string, message: string, values: Readonly<Record<string, string | number>> = {}): AppError {
  return new AppError('XSLT_FAILED', 'input', message, {
    values: { problem, ...values },
    fix: 'Check the stylesheet with this message; it can only use the message and its parameters.',
  });
}

function tooCostly(problem: string): AppError {
  return new AppError('PARSE_TOO_COSTLY', 'input', 'The transformation needs more time or memory than it may use.', {
    values: { problem },
    fix: 'Correct templates that call themselves without end, or send smaller messages.',
  });
}

function lineOf(lines: readonly string[], file: string): { readonly line: number } | Record<never, never> {
  for (const text of lines) {
    const [, line] = new RegExp(`(?:file ${file} line |^${file}:)(\\d{1,9})\\b`).exec(text) ?? [];
    if (line !== undefined) return { line: Number(line) };
  }
  return {};
}

function atLine(line: { readonly line?: number }): string {
  return line.line === undefined ? '' : ` (line ${line.line})`;
}
