/** Writes JSON in the form of `parse-xml.ts` as XML text. */
import { AppError } from '../../../engine/contract/values/errors.ts';
import { isRecord } from '../../../engine/contract/values/is-record.ts';

export interface SerialiseXmlOptions {
  /** The charset in the XML declaration; if it is absent, no declaration is written. */
  readonly charset?: string;
  readonly maxDepth: number;
  /** If true, every prefix must be declared on its element or one around it, as Namespaces in XML 1.0 demands. */
  readonly declaredPrefixes?: boolean;
}

/** The prefixes that are declared; undefined if they are not checked. */
type Prefixes = ReadonlySet<string> | undefined;

const PREDECLARED: Prefixes = new Set(['xml']);

// Matches XML 1.0 names, without the characters beyond the basic plane.
const NAME =
  /^[A-Za-z_\u00c0-\u02ff\u0370-\u1fff\u2c00-\udfff\uf900-\ufffd][-.\w\u00b7\u00c0-\u203f\u2c00-\udfff\uf900-\ufffd]*(?::[A-Za-z_\u00c0-\udfff\uf900-\ufffd][-.\w\u00b7\u00c0-\u203f\u2c00-\udfff\uf900-\ufffd]*)?$/;

const ILLEGAL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/**
 * Writes `{ root: … }` as XML. Throws XML_FORM (input) with the path if the value has no single root, a bad name, or
 * text that XML cannot represent.
 */
export function serialiseXml(document: unknown, options: SerialiseXmlOptions): string {
  if (!isObject(document) || Object.keys(document).length !== 1) throw refuse('', 'is not an object with exactly one root element', 'root');
  const [[name, value]] = Object.entries(document) as [[string, unknown]];
  if (Array.isArray(value) && value.length !== 1) throw refuse(name, 'is the root and cannot repeat', 'root-repeats');
  const declaration = options.charset === undefined ? '' : `<?xml version="1.0" encoding="${options.charset}"?>`;
  return declaration + elements(name, value, name, options.maxDepth, options.declaredPrefixes === true ? PREDECLARED : undefined);
}

/** Writes one element, or one per item of an array. Leaves out fields without a value. */
function elements(name: string, value: unknown, path: string, depthLeft: number, outer: Prefixes): string {
  if (depthLeft === 0) throw refuse(path, 'is nested too deeply', 'depth');
  if (Array.isArray(value)) return value.map((item, index) => elements(name, item, `${path}[${index}]`, depthLeft - 1, outer)).join('');
  if (value === undefined) return '';
  if (!NAME.test(name)) throw refuse(path, 'is not a name that XML allows', 'name');
  const prefixes = isObject(value) ? withDeclared(value, outer) : outer;
  requireDeclared(name, path, prefixes);
  if (!isObject(value)) return wrap(name, '', escapeText(scalar(value, path), path));
  let attributes = '';
  let content = '';
  for (const [key, field] of Object.entries(value)) {
    const fieldPath = `${path}.${key}`;
    if (key === '#text') content += escapeText(scalar(field, fieldPath), fieldPath);
    else if (!key.startsWith('@')) content += elements(key, field, fieldPath, depthLeft - 1, prefixes);
    else if (field !== undefined) {
      if (!key.startsWith('@xmlns:')) requireDeclared(key.slice(1), fieldPath, prefixes);
      attributes += attribute(key.slice(1), field, fieldPath);
    }
  }
  return wrap(name, attributes, content);
}

function withDeclared(value: Record<string, unknown>, outer: Prefixes): Prefixes {
  if (outer === undefined) return undefined;
  const declared = Object.keys(value).filter((key) => key.startsWith('@xmlns:') && value[key] !== undefined && value[key] !== '');
  return declared.length === 0 ? outer : new Set([...outer, ...declared.map((key) => key.slice('@xmlns:'.length))]);
}

function requireDeclared(name: string, path: string, prefixes: Prefixes): void {
  const colon = name.indexOf(':');
  if (prefixes === undefined || colon < 0 || prefixes.has(name.slice(0, colon))) return;
  throw refuse(path, 'has a prefix that no @xmlns declares', 'prefix', `Add "@xmlns:${name.slice(0, colon)}" with its namespace.`);
}

function wrap(name: string, attributes: string, content: string): string {
  return content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`;
}

function attribute(name: string, value: unknown, path: string): string {
  if (!NAME.test(name)) throw refuse(path, 'is not a name that XML allows', 'name');
  const text = escapeText(scalar(value, path), path).replaceAll('"', '&quot;').replaceAll('\n', '&#10;').replaceAll('\t', '&#9;');
  return ` ${name}="${text}"`;
}

function scalar(value: unknown, path: string): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw refuse(path, 'is neither text, number nor boolean', 'type');
}

function escapeText(text: string, path: string): string {
  if (ILLEGAL.test(text) || !text.isWellFormed()) throw refuse(path, 'contains a character that XML does not allow', 'character');
  // A plain CR would be read back as LF, so it is escaped.
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && !(value instanceof Uint8Array);
}

function refuse(path: string, why: string, problem: string, fix = 'See the help of xml.serialise for the expected structure.'): AppError {
  return new AppError('XML_FORM', 'input', `The field "${path}" ${why}.`, {
    values: { problem, path },
    fix,
  });
}
