/**
 * Converts types of XML Schema (XSD 1.0) to JSON Schema, for the data that `parse-xml.ts` and `serialise-xml.ts` read
 * and write. Names are compared without their prefixes.
 */
import type { XmlObject, XmlValue } from '../shared/xml/parse-xml.ts';
import { tooCostly } from './too-costly.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface XsdTypes {
  /** Returns the content of a global element; undefined if there is no such element. */
  ofElement(name: string): JsonSchema | undefined;
  /** Returns the schema of a named type, either global or of XML Schema itself. */
  ofType(name: string): JsonSchema;
}

const MAX_DEPTH = 12;
/**
 * Maximum number of fields in all schemas of one description together. Without it, types that contain many others would
 * produce huge schemas.
 */
const MOST_FIELDS = 2000;
const LONGEST_VALUE = 200;
/** Maximum number of schema parts that are read. A part counts each time a type uses it. */
const MOST_STEPS = 50_000;
/** JSON Schema formats of XSD types. All values are strings, because everything that is read from XML is text. */
const FORMATS: Readonly<Record<string, string>> = { date: 'date', dateTime: 'date-time', time: 'time', anyURI: 'uri' };

/** Reads the types of schemas. Throws WSDL_TOO_COSTLY (input) if types contain each other too often. */
export function readXsd(schemas: readonly XmlObject[]): XsdTypes {
  return new XsdReader(schemas);
}

class XsdReader implements XsdTypes {
  readonly #elements: ReadonlyMap<string, XmlObject>;
  readonly #complex: ReadonlyMap<string, XmlObject>;
  readonly #simple: ReadonlyMap<string, XmlObject>;
  /**
   * Types with a base type that is being read now. If a type extends itself, it is not read again (XML Schema 1.0 part
   * 1, 3.4.6, forbids such a type).
   */
  readonly #extending = new Set<XmlObject>();
  #fieldsLeft = MOST_FIELDS;
  #stepsLeft = MOST_STEPS;

  constructor(schemas: readonly XmlObject[]) {
    const named = (kind: string) => byName(schemas.flatMap((schema) => parts(schema, kind)));
    this.#elements = named('element');
    this.#complex = named('complexType');
    this.#simple = named('simpleType');
  }

  ofElement(name: string): JsonSchema | undefined {
    const found = this.#elements.get(name);
    return found === undefined ? undefined : this.#element(found, 0);
  }

  ofType(name: string): JsonSchema {
    return this.#namedType(name, 0);
  }

  #element(node: XmlObject, depth: number): JsonSchema {
    const reference = attribute(node, 'ref');
    const named = reference === undefined ? node : this.#elements.get(local(reference));
    if (named === undefined) return {};
    const schema = this.#typeOf(named, depth);
    const about = documentation(node);
    return about === undefined ? schema : { ...schema, description: about };
  }

  /** Returns the schema of the type that an element names or contains. */
  #typeOf(element: XmlObject, depth: number): JsonSchema {
    const type = attribute(element, 'type');
    if (type !== undefined) return this.#namedType(local(type), depth);
    const [complex] = parts(element, 'complexType');
    if (complex !== undefined) return this.#object(complex, depth);
    const [simple] = parts(element, 'simpleType');
    return simple === undefined ? { type: 'string' } : this.#restricted(simple);
  }

  #namedType(name: string, depth: number): JsonSchema {
    const complex = this.#complex.get(name);
    if (complex !== undefined) return this.#object(complex, depth);
    const simple = this.#simple.get(name);
    if (simple !== undefined) return this.#restricted(simple);
    const format = FORMATS[name];
    return format === undefined ? { type: 'string' } : { type: 'string', format };
  }

  /**
   * Returns the schema of a simple type, with its allowed values if they are few and short. Ten values count as one
   * field for `MOST_FIELDS`.
   */
  #restricted(node: XmlObject): JsonSchema {
    const [restriction] = parts(node, 'restriction');
    const values = restriction === undefined ? [] : parts(restriction, 'enumeration').flatMap((one) => attribute(one, 'value') ?? []);
    if (values.length === 0 || values.length > this.#fieldsLeft * 10 || values.some((value) => value.length > LONGEST_VALUE))
      return { type: 'string' };
    this.#fieldsLeft -= Math.ceil(values.length / 10);
    return { type: 'string', enum: values };
  }

  #object(node: XmlObject, depth: number): JsonSchema {
    const properties: Record<string, JsonSchema> = {};
    const required: string[] = [];
    if (depth < MAX_DEPTH) this.#collect(node, { properties, required }, depth, true);
    return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
  }

  /** Collects the fields of a type, of its base type, and of the groups in it. */
  #collect(node: XmlObject, into: Fields, depth: number, isCertain: boolean): void {
    this.#stepsLeft -= 1;
    if (this.#stepsLeft < 0) throw tooCostly();
    for (const content of [...parts(node, 'complexContent'), ...parts(node, 'simpleContent')])
      for (const extension of [...parts(content, 'extension'), ...parts(content, 'restriction')]) {
        this.#collectBase(extension, into, depth, isCertain);
        this.#collect(extension, into, depth, isCertain);
      }
    for (const group of [...parts(node, 'sequence'), ...parts(node, 'all')])
      this.#collect(group, into, depth, isCertain && attribute(group, 'minOccurs') !== '0');
    for (const choice of parts(node, 'choice')) this.#collect(choice, into, depth, false);
    for (const field of parts(node, 'element')) this.#addField(field, into, depth, isCertain);
    for (const one of parts(node, 'attribute')) {
      const name = attribute(one, 'name');
      if (name !== undefined) into.properties[`@${name}`] = { type: 'string' };
    }
  }

  #collectBase(extension: XmlObject, into: Fields, depth: number, isCertain: boolean): void {
    const base = this.#complex.get(local(attribute(extension, 'base') ?? ''));
    if (base === undefined || depth >= MAX_DEPTH || this.#extending.has(base)) return;
    this.#extending.add(base);
    this.#collect(base, into, depth + 1, isCertain);
    this.#extending.delete(base);
  }

  #addField(field: XmlObject, into: Fields, depth: number, isCertain: boolean): void {
    const name = attribute(field, 'name') ?? local(attribute(field, 'ref') ?? '');
    if (name === '' || this.#fieldsLeft <= 0) return;
    this.#fieldsLeft -= 1;
    const schema = this.#element(field, depth + 1);
    const most = attribute(field, 'maxOccurs');
    into.properties[name] = most === undefined || most === '0' || most === '1' ? schema : { type: 'array', items: schema };
    if (isCertain && attribute(field, 'minOccurs') !== '0') into.required.push(name);
  }
}

interface Fields {
  readonly properties: Record<string, JsonSchema>;
  readonly required: string[];
}

/** Returns the documentation of an element in one line. */
export function documentation(node: XmlObject): string | undefined {
  const notes = [...parts(node, 'annotation').flatMap((note) => values(note, 'documentation')), ...values(node, 'documentation')];
  const text = notes.map((note) => (typeof note === 'string' ? note : textOf(note))).find((one) => one.trim() !== '');
  return text?.replace(/\s+/g, ' ').trim().slice(0, 300);
}

function textOf(value: XmlValue): string {
  const text = typeof value === 'object' && !Array.isArray(value) ? (value as XmlObject)['#text'] : undefined;
  return typeof text === 'string' ? text : '';
}

/**
 * Returns the elements with this name below a node, with any prefix. An empty element is returned as an empty object.
 */
export function parts(node: XmlObject, name: string): readonly XmlObject[] {
  return values(node, name).flatMap((value) => (typeof value === 'string' ? [{}] : Array.isArray(value) ? [] : [value as XmlObject]));
}

function values(node: XmlObject, name: string): readonly XmlValue[] {
  return Object.entries(node).flatMap(([key, value]) =>
    !key.startsWith('@') && local(key) === name ? (Array.isArray(value) ? (value as readonly XmlValue[]) : [value]) : [],
  );
}

export function attribute(node: XmlObject, name: string): string | undefined {
  const value = node[`@${name}`];
  return typeof value === 'string' ? value : undefined;
}

/** Returns a name without its prefix. */
export function local(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

/** Returns the first node of each name. */
export function byName(nodes: readonly XmlObject[]): ReadonlyMap<string, XmlObject> {
  return new Map([...nodes].reverse().flatMap((node) => (attribute(node, 'name') === undefined ? [] : [[attribute(node, 'name')!, node]])));
}
