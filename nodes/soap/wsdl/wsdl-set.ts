/** The parts of all WSDL files of a description, by name (WSDL 1.1, W3C Note 2001). */
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Description } from './description.ts';
import { WSDL, WSDL2 } from './names.ts';
import { noSuch } from './no-such.ts';
import { type ProblemList, wsdlProblem } from './problems.ts';
import { SchemaSet } from './schema-set.ts';
import { attribute, childrenOf, localOf, qname, resolveName, uriOf, type QName, type XmlNode } from './xml-tree.ts';

const KINDS = ['message', 'portType', 'binding'] as const;
export type WsdlPartKind = (typeof KINDS)[number];

export interface WsdlSet {
  readonly schemas: SchemaSet;
  readonly bindings: readonly XmlNode[];
  /** The ports of all services, in order. */
  readonly ports: readonly XmlNode[];
  /** Returns the part; if there is none, adds the problem to the list. */
  find(kind: WsdlPartKind, text: string, at: XmlNode, problems: ProblemList): XmlNode | undefined;
  /** Returns the operations of a port type or binding that have this name. */
  operations(part: XmlNode, name: string | undefined): readonly XmlNode[];
}

/** Reads the parts. Throws WSDL_INVALID (input) if a main file cannot be read or is no WSDL. */
export function readWsdlSet(description: Description): WsdlSet {
  const schemas = new SchemaSet(description);
  const parts = { message: new Map<QName, XmlNode>(), portType: new Map<QName, XmlNode>(), binding: new Map<QName, XmlNode>() };
  const ports: XmlNode[] = [];
  const unread: AppError[] = [];
  const seen = new Set<string>();
  // Large services have thousands of operations, each of which is looked up by its name.
  const operations = new Map<XmlNode, ReadonlyMap<string | undefined, readonly XmlNode[]>>();
  const add = (root: XmlNode) => {
    for (const node of childrenOf(root, WSDL, 'import')) follow(node);
    for (const types of childrenOf(root, WSDL, 'types')) schemas.addTypes(types);
    for (const kind of KINDS)
      for (const node of childrenOf(root, WSDL, kind)) {
        const name = qname(targetOf(root), attribute(node, 'name') ?? '');
        if (!parts[kind].has(name)) parts[kind].set(name, node);
      }
    for (const service of childrenOf(root, WSDL, 'service')) ports.push(...childrenOf(service, WSDL, 'port'));
  };
  const follow = (node: XmlNode) => {
    const name = description.resolve(node.file, attribute(node, 'location') ?? '', node.line, attribute(node, 'namespace'));
    const file = typeof name === 'string' ? description.files.get(name) : name;
    if (file instanceof AppError) unread.push(file);
    if (file === undefined || file instanceof AppError || typeof name !== 'string' || seen.has(name)) return;
    seen.add(name);
    if (isWsdl(file)) add(file);
    // WSDL 1.1 allows a schema to be imported too (section 2.1.1); old tools do so.
    else if (file.name === 'schema') schemas.add(file);
  };
  for (const name of description.main) {
    const file = description.files.get(name);
    if (file instanceof AppError) throw file;
    if (file === undefined || seen.has(name)) continue;
    seen.add(name);
    requireWsdl(file);
    add(file);
  }
  return {
    ...{ schemas, bindings: [...parts.binding.values()], ports },
    find(kind, text, at, problems) {
      const target = targetOf(rootOf(at));
      const name = resolveName(at, text);
      const found = parts[kind].get(name) ?? (isPlain(uriOf(name)) ? parts[kind].get(qname(target, localOf(name))) : undefined);
      if (found !== undefined) return found;
      for (const error of unread) problems.add(error);
      problems.add(noSuch(kind, name, at));
      return undefined;
    },
    operations(part, name) {
      let byName = operations.get(part);
      if (byName === undefined) {
        byName = Map.groupBy(childrenOf(part, WSDL, 'operation'), (operation) => attribute(operation, 'name'));
        operations.set(part, byName);
      }
      return byName.get(name) ?? [];
    },
  };
}

/** Some tools write names without a prefix for the target namespace, also if there is another default namespace. */
function isPlain(uri: string): boolean {
  return uri === '' || uri === WSDL;
}

export function isWsdl({ uri, name }: XmlNode): boolean {
  return uri === WSDL && name === 'definitions';
}

function requireWsdl(root: XmlNode): void {
  const { file, uri, name } = root;
  if (isWsdl(root)) return;
  throw uri === WSDL2 ? wsdlProblem('wsdl2', { file }) : wsdlProblem('root', { file, name: qname(uri, name).slice(0, 200) });
}

export function targetOf(root: XmlNode): string {
  return attribute(root, 'targetNamespace') ?? '';
}

export function rootOf(node: XmlNode): XmlNode {
  let at = node;
  while (at.parent !== undefined) at = at.parent;
  return at;
}
