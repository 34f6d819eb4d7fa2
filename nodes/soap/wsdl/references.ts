/** Which other files a WSDL or XSD file refers to. */
import { STANDARD, WSDL, XSD } from './names.ts';
import { attribute, type XmlNode } from './xml-tree.ts';

export interface FileReference {
  /** As written: relative or absolute. */
  readonly location: string;
  /** The namespace that an import names. */
  readonly namespace: string | undefined;
  readonly file: string;
  readonly line: number;
}

const SCHEMA_LINKS: ReadonlySet<string> = new Set(['import', 'include', 'redefine']);

/** Returns the references of a file. An import without a location refers to a schema in the same description. */
export function referencesOf(root: XmlNode): readonly FileReference[] {
  if (root.uri === XSD) return root.children.flatMap(schemaReference);
  const types = root.children.filter(({ uri, name }) => uri === WSDL && name === 'types').flatMap(({ children }) => children);
  return [
    ...root.children.flatMap((node) => (node.uri === WSDL && node.name === 'import' ? referenceOf(node, attribute(node, 'location')) : [])),
    ...types.flatMap(({ children }) => children.flatMap(schemaReference)),
  ];
}

function schemaReference(node: XmlNode): readonly FileReference[] {
  if (node.uri !== XSD || !SCHEMA_LINKS.has(node.name)) return [];
  return referenceOf(node, attribute(node, 'schemaLocation'));
}

function referenceOf(node: XmlNode, location: string | undefined): readonly FileReference[] {
  const namespace = attribute(node, 'namespace');
  if (location === undefined || location === '' || (namespace !== undefined && STANDARD.has(namespace))) return [];
  return [{ location, namespace, file: node.file, line: node.line }];
}
