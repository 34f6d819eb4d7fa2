/** Reads XML into a tree that keeps the order of mixed content, which the narrative of a document needs. */
import { SaxesParser } from 'saxes';
import { AppError } from '../../engine/contract/values/errors.ts';

/** HL7 version 3, the namespace of every element of CDA R2. */
export const V3 = 'urn:hl7-org:v3';
const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

export interface Element {
  readonly uri: string;
  /** Local name. */
  readonly name: string;
  /** Attributes without a prefix, and `xsi:type` without its own prefix. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: (Element | string)[];
}

const MAX_DEPTH = 200;
const MOST_ELEMENTS = 1_000_000;

/** Returns the root element. Throws XML_INVALID, XML_DOCTYPE, XML_TOO_DEEP or PARSE_TOO_COSTLY (all input). */
export function readTree(text: string): Element {
  const parser = new SaxesParser({ xmlns: true, position: true });
  const open: Element[] = [];
  let root: Element | undefined;
  let count = 0;
  parser.on('doctype', () => {
    throw new AppError('XML_DOCTYPE', 'input', 'The XML declares a document type, which is not allowed.', {
      fix: 'Send it without <!DOCTYPE>.',
    });
  });
  parser.on('error', () => {
    const { line, column } = parser;
    throw new AppError('XML_INVALID', 'input', `The payload is not well-formed XML (line ${line}, column ${column}).`, {
      values: { line, column },
      fix: 'Send one well-formed document.',
    });
  });
  parser.on('opentag', ({ uri, local, attributes }) => {
    if (open.length >= MAX_DEPTH)
      throw new AppError('XML_TOO_DEEP', 'input', `The XML is nested deeper than ${MAX_DEPTH} levels.`, {
        values: { maxDepth: MAX_DEPTH },
        fix: 'Send a flatter structure.',
      });
    if ((count += 1) > MOST_ELEMENTS)
      throw new AppError('PARSE_TOO_COSTLY', 'input', 'The document has too many elements.', { fix: 'Send it in several documents.' });
    const named: Record<string, string> = Object.create(null) as Record<string, string>;
    for (const attribute of Object.values(attributes)) {
      if (attribute.prefix === '' && attribute.local !== 'xmlns') named[attribute.local] = attribute.value;
      if (attribute.uri === XSI && attribute.local === 'type') named['xsi:type'] = attribute.value.replace(/^.*:/, '');
    }
    const element: Element = { uri, name: local, attributes: named, children: [] };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  const addText = (piece: string) => open.at(-1)?.children.push(piece);
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => open.pop());
  parser.write(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).close();
  return root!;
}

/** Returns the elements that are reached by these names of version 3, one level for each. */
export function all(from: Element | undefined, ...names: readonly string[]): readonly Element[] {
  let found = from === undefined ? [] : [from];
  for (const name of names)
    found = found.flatMap(({ children }) =>
      children.filter((child): child is Element => typeof child !== 'string' && child.name === name && child.uri === V3),
    );
  return found;
}

export function first(from: Element | undefined, ...names: readonly string[]): Element | undefined {
  return all(from, ...names)[0];
}

/** Returns all text inside, with white space joined; null if there is none. */
export function textOf(element: Element | undefined): string | null {
  if (element === undefined) return null;
  const pieces: string[] = [];
  const add = ({ children }: Element) => {
    for (const child of children)
      if (typeof child === 'string') pieces.push(child);
      else add(child);
  };
  add(element);
  const text = pieces.join('').replace(/\s+/g, ' ').trim();
  return text === '' ? null : text;
}
