/** The global components of all schemas of a description, by name (XSD 1.0). */
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { Description } from './description.ts';
import { STANDARD, XSD } from './names.ts';
import { noSuch } from './no-such.ts';
import type { ProblemList } from './problems.ts';
import { attribute, childrenOf, localOf, qname, resolveName, uriOf, type QName, type XmlNode } from './xml-tree.ts';

/** What a component inherits from the `xsd:schema` around it. */
export interface SchemaScope {
  readonly target: string;
  /** True if the file has no namespace of its own and takes that of the file that includes it. */
  readonly isChameleon: boolean;
  /** True if local elements are in the target namespace (`elementFormDefault="qualified"`). */
  readonly isQualified: boolean;
}

export interface Component {
  readonly name: QName;
  readonly node: XmlNode;
  readonly scope: SchemaScope;
}

const KINDS = { element: 'element', complexType: 'type', simpleType: 'type', group: 'group', attributeGroup: 'attributeGroup' } as const;
export type ComponentKind = (typeof KINDS)[keyof typeof KINDS] | 'attribute';

export class SchemaSet {
  readonly #components: Readonly<Record<ComponentKind, Map<QName, Component>>> = {
    ...{ element: new Map(), type: new Map(), group: new Map(), attributeGroup: new Map(), attribute: new Map() },
  };
  /** Elements that may stand in place of another one, by the name of that other one. */
  readonly #substitutes = new Map<QName, Component[]>();
  readonly #description: Description;
  readonly #read = new Set<string>();
  /** Why imported files could not be read, by the namespace that they would have. */
  readonly #unread: { readonly namespace: string; readonly error: AppError }[] = [];

  constructor(description: Description) {
    this.#description = description;
  }

  /** Adds a schema and all that it includes and imports. `target` is the namespace of the schema that includes it. */
  add(schema: XmlNode, target?: string): void {
    const own = attribute(schema, 'targetNamespace');
    const scope: SchemaScope = {
      target: own ?? target ?? '',
      isChameleon: own === undefined && target !== undefined && target !== '',
      isQualified: attribute(schema, 'elementFormDefault') === 'qualified',
    };
    for (const node of schema.children) {
      if (node.uri !== XSD) continue;
      if (node.name === 'import') this.#follow(node, undefined, attribute(node, 'namespace') ?? '');
      else if (node.name === 'include' || node.name === 'redefine') this.#follow(node, scope.target, scope.target);
      this.#declare(node, scope);
      // A redefined component replaces the one of the file that was read before.
      if (node.name === 'redefine') for (const inner of node.children) this.#declare(inner, scope, true);
    }
  }

  #declare(node: XmlNode, scope: SchemaScope, replaces = false): void {
    const kind =
      node.name === 'attribute' ? 'attribute' : Object.hasOwn(KINDS, node.name) ? KINDS[node.name as keyof typeof KINDS] : undefined;
    const local = attribute(node, 'name');
    if (node.uri !== XSD || kind === undefined || local === undefined) return;
    const component: Component = { name: qname(scope.target, local), node, scope };
    if (replaces || !this.#components[kind].has(component.name)) this.#components[kind].set(component.name, component);
    const head = kind === 'element' ? attribute(node, 'substitutionGroup') : undefined;
    if (head === undefined) return;
    const name = this.nameOf(node, scope, head);
    this.#substitutes.set(name, [...(this.#substitutes.get(name) ?? []), component]);
  }

  #follow(node: XmlNode, target: string | undefined, namespace: string): void {
    const location = attribute(node, 'schemaLocation');
    if (location === undefined || location === '' || STANDARD.has(namespace)) return;
    const name = this.#description.resolve(node.file, location, node.line, namespace);
    const file = typeof name === 'string' ? this.#description.files.get(name) : name;
    if (file === undefined || file instanceof AppError) {
      if (file !== undefined) this.#unread.push({ namespace, error: file });
      return;
    }
    // A file is read once for each namespace that it takes; so circles end.
    const key = `${String(name)}\n${target ?? ''}`;
    if (this.#read.has(key)) return;
    this.#read.add(key);
    if (file.uri === XSD && file.name === 'schema') this.add(file, target);
  }

  substitutesOf(name: QName): readonly Component[] {
    return this.#substitutes.get(name) ?? [];
  }

  /** Returns the name that a text means at this place. */
  nameOf(node: XmlNode, scope: SchemaScope, text: string): QName {
    const name = resolveName(node, text);
    return uriOf(name) === '' && scope.isChameleon ? qname(scope.target, name.slice(2)) : name;
  }

  /**
   * Returns the component. If there is none, adds the problem to the list, after those of files
   * that could have it, unless the name belongs to a standard. A
   * name without a prefix may also mean the target namespace, also if there is another default namespace: some tools write it so.
   */
  find(kind: ComponentKind, name: QName, at: XmlNode, target: string, problems: ProblemList): Component | undefined {
    const components = this.#components[kind];
    const uri = uriOf(name);
    const found = components.get(name) ?? (uri === '' || uri === XSD ? components.get(qname(target, localOf(name))) : undefined);
    if (found !== undefined || (uri !== XSD && STANDARD.has(uri))) return found;
    for (const { namespace, error } of this.#unread) if (namespace === uri || uri === '') problems.add(error);
    problems.add(noSuch(kind, name, at));
    return undefined;
  }

  /** Adds the schemas in the `types` of a WSDL. */
  addTypes(types: XmlNode): void {
    for (const schema of childrenOf(types, XSD, 'schema')) this.add(schema);
  }
}
