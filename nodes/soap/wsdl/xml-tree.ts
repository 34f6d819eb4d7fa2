/**
 * Parses WSDL and XSD files into a tree that knows namespaces and lines (Namespaces in XML 1.0). Document types are
 * refused, so that no entity is expanded or fetched.
 */
import { SaxesParser, type SaxesTagNS } from 'saxes';
import { XML } from './names.ts';
import { wsdlProblem } from './problems.ts';
import { tooCostly } from './too-costly.ts';

export interface XmlNode {
  /** Namespace, `''` for none. */
  readonly uri: string;
  /** Local name. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** By local name; attributes with a prefix by `{namespace}name`. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Namespaces that this element itself declares, by prefix. */
  readonly declared: Readonly<Record<string, string>>;
  readonly parent: XmlNode | undefined;
  readonly children: XmlNode[];
  text: string;
}

/** `{namespace}local`. Without a namespace `{}local`. */
export type QName = string;

const MAX_DEPTH = 200;
/** Maximum number of elements in one file. Files of real services have at most some ten thousand. */
const MOST_ELEMENTS = 200_000;
const MAX_TEXT = 10_000;

/** Returns the root element. Throws WSDL_INVALID (input) with file and line, or WSDL_TOO_COSTLY (input). */
export function parseTree(text: string, file: string): XmlNode {
  const parser = new SaxesParser({ xmlns: true, position: true });
  let root: XmlNode | undefined;
  let current: XmlNode | undefined;
  let depth = 0;
  let count = 0;
  parser.on('doctype', () => {
    throw wsdlProblem('doctype', { file, line: parser.line });
  });
  parser.on('error', (error) => {
    const [, prefix] = /^[\d:]*\s*unbound namespace prefix: "(.*)"/.exec(withoutFile(error.message)) ?? [];
    if (prefix !== undefined && prefix.length < 100) throw wsdlProblem('prefix', { file, line: parser.line, name: prefix });
    throw wsdlProblem('xml', { file, line: parser.line, column: parser.column });
  });
  parser.on('opentag', (tag) => {
    count += 1;
    depth += 1;
    if (count > MOST_ELEMENTS || depth > MAX_DEPTH) throw tooCostly();
    const node = toNode(tag, file, parser.line, current);
    current?.children.push(node);
    root ??= node;
    current = node;
  });
  parser.on('text', (piece) => {
    if (current !== undefined && current.text.length < MAX_TEXT) current.text += piece.slice(0, MAX_TEXT);
  });
  parser.on('closetag', () => {
    depth -= 1;
    current = current?.parent;
  });
  parser.write(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text).close();
  if (root === undefined) throw wsdlProblem('xml', { file, line: 1, column: 1 });
  return root;
}

/** Saxes puts `line:column: ` before its messages. */
function withoutFile(message: string): string {
  return message.replace(/^\d+:\d+: /, '');
}

function toNode(tag: SaxesTagNS, file: string, line: number, parent: XmlNode | undefined): XmlNode {
  const attributes = new Map<string, string>();
  for (const { prefix, local, uri, value } of Object.values(tag.attributes)) {
    if (prefix === 'xmlns' || (prefix === '' && local === 'xmlns')) continue;
    attributes.set(prefix === '' ? local : `{${uri}}${local}`, value);
  }
  return { uri: tag.uri, name: tag.local, file, line, attributes, declared: { ...tag.ns }, parent, children: [], text: '' };
}

export function attribute(node: XmlNode, name: string): string | undefined {
  return node.attributes.get(name)?.trim();
}

export function childrenOf(node: XmlNode, uri: string, name: string): readonly XmlNode[] {
  return node.children.filter((child) => child.uri === uri && child.name === name);
}

export function childOf(node: XmlNode, uri: string, name: string): XmlNode | undefined {
  return node.children.find((child) => child.uri === uri && child.name === name);
}

export function qname(uri: string, name: string): QName {
  return `{${uri}}${name}`;
}

export function localOf(name: QName): string {
  return name.slice(name.lastIndexOf('}') + 1);
}

export function uriOf(name: QName): string {
  return name.slice(1, name.lastIndexOf('}'));
}

const UNDECLARED = ':?';

/** Returns the prefix of a name whose prefix is not declared; undefined if it is, or if there is none. */
export function undeclaredPrefix(name: QName): string | undefined {
  const uri = uriOf(name);
  return uri.endsWith(UNDECLARED) ? uri.slice(0, -UNDECLARED.length) : undefined;
}

/** Returns the name that the text of an attribute means at this element (XML Schema 1.0 part 1, 3.15.3). */
export function resolveName(node: XmlNode, text: string): QName {
  const colon = text.indexOf(':');
  const prefix = colon === -1 ? '' : text.slice(0, colon);
  const name = text.slice(colon + 1);
  for (let at: XmlNode | undefined = node; at !== undefined; at = at.parent)
    if (Object.hasOwn(at.declared, prefix)) return qname(at.declared[prefix]!, name);
  // This prefix is bound without a declaration (Namespaces in XML 1.0, section 3).
  if (prefix === 'xml') return qname(XML, name);
  return qname(prefix === '' ? '' : `${prefix}${UNDECLARED}`, name);
}
