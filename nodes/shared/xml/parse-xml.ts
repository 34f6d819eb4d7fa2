/**
 * Converts XML 1.0 from remote systems to plain JSON. The file is pure, so it also runs in a worker thread.
 * - An element that has only text becomes this text, always a string (`007` stays `007`). An empty element becomes
 *   `''`.
 * - Attributes are `@name`, and text beside attributes or children is `#text`. The pieces of mixed content are
 *   joined, and their order is lost.
 * - Elements of the same name become an array. Paths in `arrays` (`Envelope.Items.Item`, without prefixes if these
 *   are stripped) always become an array.
 * - White space between elements is dropped, white space in text is kept. CDATA is text.
 * - Document types are refused, and so are entities other than the five of XML. Nothing is expanded or fetched.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { AppError, type ErrorValues } from '../../../engine/contract/values/errors.ts';

export interface ParseXmlOptions {
  /** Maximum nesting of elements; at least 2. */
  readonly maxDepth: number;
  /** `keep` keeps prefixes and `@xmlns:…`; `strip` uses local names and drops namespace declarations. */
  readonly namespaces: 'keep' | 'strip';
  readonly arrays: readonly string[];
}

const DEFAULT_XML_OPTIONS: ParseXmlOptions = { maxDepth: 100, namespaces: 'keep', arrays: [] };

export type XmlValue = string | XmlObject | readonly XmlValue[];
export interface XmlObject {
  readonly [name: string]: XmlValue;
}

/**
 * Returns `{ root: … }`. Throws XML_INVALID, XML_DOCTYPE, XML_ENTITY, XML_TOO_DEEP or XML_NAME_REFUSED (all input).
 * Messages never quote the text.
 */
export function parseXml(text: string, options: ParseXmlOptions = DEFAULT_XML_OPTIONS): XmlObject {
  const plain = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  refuseDeclarations(plain);
  const verdict = XMLValidator.validate(plain);
  if (verdict !== true) {
    throw refuse(
      'XML_INVALID',
      `The payload is not well-formed XML (line ${verdict.err.line}, column ${verdict.err.col}).`,
      'Send one well-formed document.',
      { line: verdict.err.line, column: verdict.err.col },
    );
  }
  const roots = readTree(plain, options.maxDepth).filter((node) => elementName(node) !== undefined);
  const [root] = roots;
  if (root === undefined || roots.length > 1)
    throw refuse('XML_INVALID', 'The payload has no single root element.', 'Send one document.', { problem: 'root' });
  const name = nameOf(elementName(root)!, options);
  const arrays = new Set(options.arrays);
  const value = toJson(root, name, options, arrays);
  return { [name]: arrays.has(name) ? [value] : value };
}

/** Throws XML_DOCTYPE (input) if there is `<!` outside comments and CDATA sections, since it begins a document type there. */
export function refuseDeclarations(text: string): void {
  for (let at = text.indexOf('<!'); at !== -1; at = text.indexOf('<!', at)) {
    const end = text.startsWith('<!--', at) ? '-->' : text.startsWith('<![CDATA[', at) ? ']]>' : undefined;
    if (end === undefined)
      throw refuse('XML_DOCTYPE', 'The XML declares a document type, which is not allowed.', 'Send it without <!DOCTYPE>.');
    at = text.indexOf(end, at + 4);
    if (at === -1)
      throw refuse('XML_INVALID', 'A comment or CDATA section is not closed.', 'Send one well-formed document.', { problem: 'open' });
  }
}

/**
 * A node in the output of fast-xml-parser with `preserveOrder`. One key is the name of the node. The attributes, if
 * any, are under the key `:@`.
 */
type OrderedNode = Readonly<Record<string, unknown>>;
const ATTRIBUTES = ':@';
const CDATA = '#cdata';
const TEXT = '#text';

function readTree(text: string, maxDepth: number): readonly OrderedNode[] {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '@',
    textNodeName: TEXT,
    cdataPropName: CDATA,
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    processEntities: false,
    // Names such as toString are allowed here, because fields are only read as own properties.
    onDangerousProperty: (name) => name,
    ignoreDeclaration: true,
    ignorePiTags: true,
    // The parser counts levels from the element below the root.
    maxNestedTags: maxDepth - 1,
  });
  try {
    return parser.parse(text) as readonly OrderedNode[];
  } catch (cause) {
    if (/nested/i.test((cause as Error).message)) {
      throw refuse('XML_TOO_DEEP', `The XML is nested more than ${maxDepth} levels deep.`, 'Send a flatter structure.', { maxDepth });
    }
    throw refuse('XML_INVALID', 'The payload is not well-formed XML.', 'Send one well-formed document.');
  }
}

function elementName(node: OrderedNode): string | undefined {
  for (const key in node) if (key !== ATTRIBUTES && key !== TEXT && key !== CDATA) return key;
  return undefined;
}

function toJson(element: OrderedNode, path: string, options: ParseXmlOptions, arrays: ReadonlySet<string>): XmlValue {
  const fields: Record<string, XmlValue> = {};
  addAttributes(fields, element[ATTRIBUTES] as Readonly<Record<string, string>> | undefined, options);
  let text = '';
  let hasChildren = false;
  for (const child of element[elementName(element)!] as readonly OrderedNode[]) {
    const childName = elementName(child);
    if (childName === undefined) {
      text += textOf(child);
      continue;
    }
    hasChildren = true;
    const name = nameOf(childName, options);
    const childPath = `${path}.${name}`;
    addChild(fields, name, toJson(child, childPath, options, arrays), arrays.has(childPath));
  }
  if (hasChildren && text.trim() === '') text = '';
  if (!hasChildren && Object.keys(fields).length === 0) return text;
  if (text !== '') fields[TEXT] = text;
  return fields;
}

function addAttributes(
  fields: Record<string, XmlValue>,
  attributes: Readonly<Record<string, string>> | undefined,
  options: ParseXmlOptions,
): void {
  for (const [prefixed, value] of Object.entries(attributes ?? {})) {
    const name = prefixed.slice(1);
    if (options.namespaces === 'strip' && (name === 'xmlns' || name.startsWith('xmlns:'))) continue;
    fields[`@${nameOf(name, options)}`] = decodeEntities(value);
  }
}

function addChild(fields: Record<string, XmlValue>, name: string, value: XmlValue, isArray: boolean): void {
  const present = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (Array.isArray(present)) (present as XmlValue[]).push(value);
  else if (present === undefined) fields[name] = isArray ? [value] : value;
  else fields[name] = [present, value];
}

function nameOf(name: string, options: ParseXmlOptions): string {
  const local = options.namespaces === 'strip' ? name.slice(name.indexOf(':') + 1) : name;
  // As keys of objects, these names could give careless code access to prototypes.
  if (/^#?_*(?:__proto__|constructor|prototype)$/.test(local))
    throw refuse('XML_NAME_REFUSED', 'The XML uses a reserved name.', 'Rename the element.');
  return local;
}

function textOf(node: OrderedNode): string {
  if (TEXT in node) return decodeEntities(String(node[TEXT]));
  return ((node[CDATA] ?? []) as readonly OrderedNode[]).map((part) => String(part[TEXT] ?? '')).join('');
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&([^;&\s]{0,10});?/g, (whole, name: string) => {
    const known = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : characterOf(name);
    if (known === undefined || !whole.endsWith(';')) {
      throw refuse(
        'XML_ENTITY',
        'The XML uses an entity that is not one of the five predefined entities.',
        'Write &amp; for an ampersand, and &#…; for other characters.',
      );
    }
    return known;
  });
}

/** Returns the character of a character reference, if XML 1.0 allows it (section 2.2). */
function characterOf(name: string): string | undefined {
  const digits = /^#(?:x([\da-fA-F]{1,6})|(\d{1,7}))$/.exec(name);
  if (digits === null) return undefined;
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  const isAllowed =
    code === 9 ||
    code === 10 ||
    code === 13 ||
    (code >= 0x20 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd) ||
    (code >= 0x10000 && code <= 0x10ffff);
  return isAllowed ? String.fromCodePoint(code) : undefined;
}

function refuse(code: string, message: string, fix: string, values: ErrorValues = {}): AppError {
  return new AppError(code, 'input', message, { values, fix });
}
