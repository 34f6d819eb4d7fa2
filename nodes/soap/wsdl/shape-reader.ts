/** Converts elements and types of XML Schema (XSD 1.0) to the structure of their content. */
import { ENCODINGS, STANDARD, XML, XSD } from './names.ts';
import { type ProblemList, wsdlProblem } from './problems.ts';
import type { Component, SchemaScope, SchemaSet } from './schema-set.ts';
import { objectContent, openContent, textContent, type Content, type Field, type JsonSchema } from './shape-tree.ts';
import { tooCostly } from './too-costly.ts';
import { attribute, childOf, childrenOf, localOf, qname, uriOf, type QName, type XmlNode } from './xml-tree.ts';

const MAX_DEPTH = 40;
/** Maximum number of fields of one operation, and of all operations of a description. */
export const MOST_FIELDS = 3000;
export const MOST_FIELDS_IN_ALL = 60_000;
/** Maximum number of schema parts that are read. A part counts each time a type uses it. */
const MOST_STEPS = 400_000;
const LONGEST_VALUE = 200;
const MOST_VALUES = 200;
/** The types of XML Schema 1.0 part 2, section 3, and those of XSD 1.1 that tools write. */
const BUILT_IN: ReadonlySet<string> = new Set(
  (
    'anyType anySimpleType anyAtomicType string boolean decimal float double duration dateTime time date gYearMonth gYear gMonthDay gDay ' +
    'gMonth hexBinary base64Binary anyURI QName NOTATION normalizedString token language NMTOKEN NMTOKENS Name NCName ID IDREF IDREFS ' +
    'ENTITY ENTITIES integer nonPositiveInteger negativeInteger long int short byte nonNegativeInteger unsignedLong unsignedInt ' +
    'unsignedShort unsignedByte positiveInteger dateTimeStamp dayTimeDuration yearMonthDuration'
  ).split(' '),
);
/** JSON Schema formats of XSD types. All values are strings, because everything that is read from XML is text. */
const FORMATS: Readonly<Record<string, string>> = { date: 'date', dateTime: 'date-time', time: 'time', anyURI: 'uri' };

/** How much may still be read, for a whole description. */
export class ShapeBudget {
  stepsLeft = MOST_STEPS;
  fieldsLeft = MOST_FIELDS_IN_ALL;
}

/** Where the reader is: the types around this place, so that a type in itself ends, and how it may occur. */
interface Place {
  readonly scope: SchemaScope;
  readonly around: ReadonlySet<XmlNode>;
}

interface Growing {
  text?: JsonSchema | undefined;
  readonly attributes: Map<string, boolean>;
  readonly fields: Map<string, Field>;
  isOpen: boolean;
  xsiType?: QName | undefined;
}

interface Occurrence {
  readonly isCertain: boolean;
  readonly isList: boolean;
  readonly isChoice: boolean;
}

const ONCE: Occurrence = { isCertain: true, isList: false, isChoice: false };
const NO_SCOPE: SchemaScope = { target: '', isChameleon: false, isQualified: false };

/** Reads the structures of one operation. */
export class ShapeReader {
  readonly #schemas: SchemaSet;
  readonly #problems: ProblemList;
  readonly #budget: ShapeBudget;
  #fieldsLeft = MOST_FIELDS;

  constructor(schemas: SchemaSet, problems: ProblemList, budget: ShapeBudget) {
    this.#schemas = schemas;
    this.#problems = problems;
    this.#budget = budget;
  }

  /** Returns the global element with this name; undefined, with a problem, if there is none. */
  element(name: QName, at: XmlNode, target: string): Field | undefined {
    const found = this.#schemas.find('element', name, at, target, this.#problems);
    return found === undefined ? undefined : this.#globalElement(found, ONCE, new Set());
  }

  /** Returns the content of a named type; `at` is where it is named. */
  type(name: QName, at: XmlNode, target: string): Content {
    return this.#namedType(name, at, { scope: { ...NO_SCOPE, target }, around: new Set() });
  }

  #globalElement({ name, node, scope }: Component, occurs: Occurrence, around: ReadonlySet<XmlNode>): Field {
    return {
      name: localOf(name),
      namespace: scope.target,
      content: this.#contentOf(node, { scope, around }),
      about: documentation(node),
      isList: occurs.isList,
      isRequired: occurs.isCertain,
      isNillable: isNillable(node),
    };
  }

  /** Returns the content of the type that an element or attribute names or contains. */
  #contentOf(node: XmlNode, place: Place): Content {
    const type = attribute(node, 'type');
    if (type !== undefined) return this.#namedType(this.#schemas.nameOf(node, place.scope, type), node, place);
    const complex = childOf(node, XSD, 'complexType');
    if (complex !== undefined) return this.#complexType(complex, place);
    const simple = childOf(node, XSD, 'simpleType');
    if (simple !== undefined) return textContent(this.#simpleText(simple, place));
    const head = attribute(node, 'substitutionGroup');
    if (head === undefined) return openContent();
    const found = this.#schemas.find('element', this.#schemas.nameOf(node, place.scope, head), node, place.scope.target, this.#problems);
    if (found === undefined || place.around.has(node)) return openContent();
    return this.#contentOf(found.node, { scope: found.scope, around: new Set([...place.around, node]) });
  }

  #namedType(name: QName, at: XmlNode, place: Place): Content {
    const uri = uriOf(name);
    if (uri === XSD && BUILT_IN.has(localOf(name)))
      return localOf(name) === 'anyType' ? openContent() : textContent(builtIn(localOf(name)), name);
    if (ENCODINGS.has(uri))
      return localOf(name) === 'Array' ? openContent() : textContent(builtIn(localOf(name)), qname(XSD, localOf(name)));
    const found = this.#schemas.find('type', name, at, place.scope.target, this.#problems);
    if (found === undefined) return openContent();
    const inner: Place = { scope: found.scope, around: place.around };
    if (found.node.name === 'simpleType') return textContent(this.#simpleText(found.node, inner), found.name);
    const content = this.#complexType(found.node, inner);
    return content.xsiType === undefined ? { ...content, xsiType: found.name } : content;
  }

  #complexType(node: XmlNode, place: Place): Content {
    // A type inside itself ends here: its structure is that of the same type above.
    if (place.around.has(node) || place.around.size > MAX_DEPTH) return objectContent(new Map());
    const into: Growing = { attributes: new Map(), fields: new Map(), isOpen: false };
    this.#collect(node, into, { scope: place.scope, around: new Set([...place.around, node]) }, ONCE);
    return into;
  }

  /** Collects what a type, an extension, a restriction or a group contains. */
  #collect(node: XmlNode, into: Growing, place: Place, occurs: Occurrence): void {
    this.#step();
    if (attribute(node, 'mixed') === 'true') into.text ??= { type: 'string' };
    for (const part of node.children) {
      if (part.uri !== XSD) continue;
      switch (part.name) {
        case 'simpleContent':
        case 'complexContent':
          if (attribute(part, 'mixed') === 'true') into.text ??= { type: 'string' };
          for (const derived of part.children) if (derived.uri === XSD) this.#derived(derived, part.name === 'simpleContent', into, place);
          break;
        case 'sequence':
        case 'all':
        case 'choice':
          this.#collect(part, into, place, within(part, occurs));
          break;
        case 'group':
        case 'attributeGroup':
          this.#group(part, part.name, into, place, occurs);
          break;
        case 'element':
          this.#element(part, into, place, occurs);
          break;
        case 'attribute':
          this.#attribute(part, into, place);
          break;
        case 'any':
          into.isOpen = true;
      }
    }
  }

  /** Collects an extension with what its base has, or a restriction with the attributes of its base. */
  #derived(node: XmlNode, isSimple: boolean, into: Growing, place: Place): void {
    const { name: kind } = node;
    if (kind !== 'extension' && kind !== 'restriction') return;
    const base = attribute(node, 'base');
    const name = base === undefined ? undefined : this.#schemas.nameOf(node, place.scope, base);
    const inherited = name === undefined ? openContent() : this.#namedType(name, node, place);
    if (isSimple) into.text ??= inherited.text ?? { type: 'string' };
    for (const [attributeName, isRequired] of inherited.attributes) into.attributes.set(attributeName, isRequired);
    if (kind === 'extension') {
      into.text ??= inherited.text;
      for (const field of inherited.fields.values()) if (!into.fields.has(field.name)) into.fields.set(field.name, field);
    }
    const array = name !== undefined && ENCODINGS.has(uriOf(name)) && localOf(name) === 'Array' ? arrayType(node) : undefined;
    if (array !== undefined) return this.#array(array.node, array.type, into, place);
    this.#collect(node, into, place, ONCE);
  }

  /** An encoded array names the type of its items (SOAP 1.1, section 5.4.2; WSDL 1.1, section 2.2). */
  #array(node: XmlNode, type: string, into: Growing, place: Place): void {
    const name = this.#schemas.nameOf(node, place.scope, type.replace(/\[[\d,]*\]/g, ''));
    const content = this.#namedType(name, node, place);
    into.xsiType = `${name}[]`;
    this.#add({ name: 'item', namespace: '', content, about: undefined, isList: true, isRequired: false, isNillable: false }, into, node);
  }

  #group(node: XmlNode, kind: 'group' | 'attributeGroup', into: Growing, place: Place, occurs: Occurrence): void {
    const ref = attribute(node, 'ref');
    if (ref === undefined) return;
    const found = this.#schemas.find(kind, this.#schemas.nameOf(node, place.scope, ref), node, place.scope.target, this.#problems);
    if (found === undefined || place.around.has(found.node)) return;
    const inner = { scope: found.scope, around: new Set([...place.around, found.node]) };
    this.#collect(found.node, into, inner, within(node, occurs));
  }

  #element(node: XmlNode, into: Growing, place: Place, occurs: Occurrence): void {
    this.#step();
    if (attribute(node, 'maxOccurs') === '0') return;
    const here = within(node, occurs);
    const ref = attribute(node, 'ref');
    if (ref !== undefined) return this.#reference(node, ref, into, place, here);
    const name = attribute(node, 'name');
    if (name === undefined || !this.#hasRoom()) return;
    const form = attribute(node, 'form');
    const isQualified = form === undefined ? place.scope.isQualified : form === 'qualified';
    const content = this.#contentOf(node, place);
    const namespace = isQualified ? place.scope.target : '';
    const occurrence = { isList: here.isList, isRequired: here.isCertain, isNillable: isNillable(node) };
    this.#add({ name, namespace, content, about: documentation(node), ...occurrence }, into, node, here);
  }

  /** Adds a global element, and those that may stand in its place. */
  #reference(node: XmlNode, ref: string, into: Growing, place: Place, occurs: Occurrence): void {
    const name = this.#schemas.nameOf(node, place.scope, ref);
    const found = this.#schemas.find('element', name, node, place.scope.target, this.#problems);
    if (found === undefined) {
      const namespace = uriOf(name);
      const field = {
        name: localOf(name),
        namespace,
        content: openContent(),
        about: undefined,
        isList: occurs.isList,
        isRequired: occurs.isCertain,
        isNillable: false,
      };
      return this.#add(field, into, node, occurs);
    }
    const others = this.#schemas.substitutesOf(found.name);
    const choice = others.length === 0 ? occurs : { ...occurs, isCertain: false, isChoice: true };
    const isAbstract = attribute(found.node, 'abstract') === 'true' && others.length > 0;
    for (const one of isAbstract ? others : [found, ...others]) {
      if (!this.#hasRoom()) return;
      this.#add(this.#globalElement(one, choice, place.around), into, node, choice);
    }
  }

  #add(field: Field, into: Growing, at: XmlNode, occurs: Occurrence = ONCE): void {
    const present = into.fields.get(field.name);
    if (present !== undefined) {
      // The same name twice in a sequence is a list; in a choice it is the same field.
      if (!occurs.isChoice) present.isList = true;
      return;
    }
    this.#fieldsLeft -= 1;
    this.#budget.fieldsLeft -= 1;
    if (this.#hasRoom()) into.fields.set(field.name, field);
    else this.#problems.add(wsdlProblem('fields', { limit: MOST_FIELDS, file: at.file, line: at.line }));
  }

  #hasRoom(): boolean {
    return this.#fieldsLeft > 0 && this.#budget.fieldsLeft > 0;
  }

  #attribute(node: XmlNode, into: Growing, place: Place): void {
    const ref = attribute(node, 'ref');
    const referred = ref === undefined ? undefined : this.#schemas.nameOf(node, place.scope, ref);
    if (referred !== undefined && !STANDARD.has(uriOf(referred)))
      this.#schemas.find('attribute', referred, node, place.scope.target, this.#problems);
    const local = referred === undefined ? attribute(node, 'name') : localOf(referred);
    if (local === undefined || (referred !== undefined && ENCODINGS.has(uriOf(referred)))) return;
    const name = referred !== undefined && uriOf(referred) === XML ? `xml:${local}` : local;
    const use = attribute(node, 'use');
    if (use === 'prohibited') into.attributes.delete(name);
    else if (this.#hasRoom()) {
      this.#fieldsLeft -= 1;
      this.#budget.fieldsLeft -= 1;
      into.attributes.set(name, use === 'required');
    }
  }

  /** Returns the schema of a simple type, with its allowed values if they are few and short. */
  #simpleText(node: XmlNode, place: Place): JsonSchema {
    this.#step();
    const restriction = childOf(node, XSD, 'restriction');
    if (restriction === undefined) return { type: 'string' };
    const values = childrenOf(restriction, XSD, 'enumeration').flatMap((one) => one.attributes.get('value') ?? []);
    if (values.length > 0 && values.length <= MOST_VALUES && values.every((value) => value.length <= LONGEST_VALUE))
      return { type: 'string', enum: [...new Set(values)] };
    const inner = childOf(restriction, XSD, 'simpleType');
    if (place.around.has(node)) return { type: 'string' };
    const around = new Set([...place.around, node]);
    if (inner !== undefined) return this.#simpleText(inner, { ...place, around });
    const base = attribute(restriction, 'base');
    if (base === undefined) return { type: 'string' };
    return (
      this.#namedType(this.#schemas.nameOf(restriction, place.scope, base), restriction, { ...place, around }).text ?? { type: 'string' }
    );
  }

  #step(): void {
    this.#budget.stepsLeft -= 1;
    if (this.#budget.stepsLeft < 0) throw tooCostly();
  }
}

/** How a part occurs inside something that occurs as `outer`. */
function within(node: XmlNode, outer: Occurrence): Occurrence {
  const most = attribute(node, 'maxOccurs') ?? '1';
  const isChoice = node.name === 'choice';
  return {
    isCertain: outer.isCertain && !isChoice && !outer.isChoice && attribute(node, 'minOccurs') !== '0',
    isList: outer.isList || (most !== '0' && most !== '1'),
    isChoice: isChoice || outer.isChoice,
  };
}

function isNillable(element: XmlNode): boolean {
  const value = attribute(element, 'nillable');
  return value === 'true' || value === '1';
}

function arrayType(node: XmlNode): { readonly node: XmlNode; readonly type: string } | undefined {
  for (const one of childrenOf(node, XSD, 'attribute')) {
    const [, type] = [...one.attributes].find(([name]) => localOf(name) === 'arrayType') ?? [];
    if (type !== undefined) return { node: one, type };
  }
  return undefined;
}

function builtIn(name: string): JsonSchema {
  if (name === 'base64Binary') return { type: 'string', contentEncoding: 'base64' };
  const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined;
  return format === undefined ? { type: 'string' } : { type: 'string', format };
}

/** Returns the documentation of a node in one line. */
export function documentation(node: XmlNode): string | undefined {
  const holders = [...node.children.filter(({ name }) => name === 'annotation'), node];
  const texts = holders.flatMap(({ children }) => children.filter(({ name }) => name === 'documentation').map(textOf));
  return texts
    .map((text) => text.replace(/\s+/g, ' ').trim())
    .find((text) => text !== '')
    ?.slice(0, 300);
}

function textOf(node: XmlNode): string {
  return node.text + node.children.map(textOf).join(' ');
}
