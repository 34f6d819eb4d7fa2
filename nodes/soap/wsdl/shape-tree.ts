/** The structure of an element's content, between XSD and JSON Schema. */
import type { QName } from './xml-tree.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Field {
  readonly name: string;
  /** Namespace of the element, `''` for none. */
  readonly namespace: string;
  readonly content: Content;
  readonly about: string | undefined;
  isList: boolean;
  isRequired: boolean;
  /** True if the element may be nil (`nillable="true"`). */
  readonly isNillable: boolean;
}

export interface Content {
  /** Schema of the text; undefined if there are only elements. */
  readonly text?: JsonSchema | undefined;
  /** The name of each attribute, and whether it is required. */
  readonly attributes: ReadonlyMap<string, boolean>;
  readonly fields: ReadonlyMap<string, Field>;
  /** True if anything may be in it. */
  readonly isOpen: boolean;
  /** The type that encoded messages (`use="encoded"`) name; that of an array's items with `[]`. */
  readonly xsiType?: QName | undefined;
}

const NOTHING: ReadonlyMap<string, never> = new Map<string, never>();

export function textContent(text: JsonSchema, xsiType?: QName): Content {
  return { text, attributes: NOTHING, fields: NOTHING, isOpen: false, xsiType };
}

export function openContent(xsiType?: QName): Content {
  return { attributes: NOTHING, fields: NOTHING, isOpen: true, xsiType };
}

export function objectContent(fields: ReadonlyMap<string, Field>): Content {
  return { attributes: NOTHING, fields, isOpen: false };
}

/** Returns the schema of data in the form of `parse-xml.ts`. */
export function schemaOf({ text, attributes, fields, isOpen }: Content): JsonSchema {
  if (isOpen && fields.size === 0 && attributes.size === 0) return {};
  if (text !== undefined && fields.size === 0 && attributes.size === 0) return text;
  const properties: Record<string, JsonSchema> = {};
  const required: string[] = [];
  for (const [name, isRequired] of attributes) {
    properties[`@${name}`] = { type: 'string' };
    if (isRequired) required.push(`@${name}`);
  }
  if (text !== undefined) properties['#text'] = text;
  for (const field of fields.values()) {
    properties[field.name] = fieldSchema(field);
    if (field.isRequired) required.push(field.name);
  }
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}

function fieldSchema({ content, isList, isNillable, about }: Field): JsonSchema {
  const schema = isNillable ? orNull(schemaOf(content)) : schemaOf(content);
  const described = about === undefined ? schema : { ...schema, description: about };
  return isList ? { type: 'array', items: described } : described;
}

function orNull(schema: JsonSchema): JsonSchema {
  const { type, enum: values } = schema;
  if (type === undefined) return schema;
  return { ...schema, type: [type, 'null'], ...(Array.isArray(values) ? { enum: [...(values as unknown[]), null] } : {}) };
}

/** As `schemaOf`, but always of an object: simple content is its `#text`. */
export function objectSchemaOf(content: Content): JsonSchema {
  const schema = schemaOf(content);
  if (schema['type'] === 'object') return schema;
  return content.text === undefined ? { type: 'object' } : { type: 'object', properties: { '#text': schema }, required: ['#text'] };
}

/** Returns the paths of elements that may repeat. */
export function listPaths({ fields }: Content, path: string): readonly string[] {
  return [...fields.values()].flatMap(({ name, isList, content }) => {
    const here = path === '' ? name : `${path}.${name}`;
    return isList ? [here, ...listPaths(content, here)] : listPaths(content, here);
  });
}

/** Returns the paths of elements that may be nil. */
export function nillablePaths({ fields }: Content, path: string): readonly string[] {
  return [...fields.values()].flatMap(({ name, isNillable, content }) => {
    const here = path === '' ? name : `${path}.${name}`;
    return isNillable ? [here, ...nillablePaths(content, here)] : nillablePaths(content, here);
  });
}

/** Returns the paths of elements that are not in the namespace of the element around them. */
export function namespacePaths({ fields }: Content, path: string, around: string): readonly (readonly [string, string])[] {
  return [...fields.values()].flatMap(({ name, namespace, content }) => {
    const here = path === '' ? name : `${path}.${name}`;
    const inner = namespacePaths(content, here, namespace);
    return namespace === around ? inner : [[here, namespace] as const, ...inner];
  });
}

/** Returns the types of elements in an encoded message. */
export function typePaths({ fields }: Content, path: string): readonly (readonly [string, QName])[] {
  return [...fields.values()].flatMap(({ name, content }) => {
    const here = path === '' ? name : `${path}.${name}`;
    const inner = typePaths(content, here);
    return content.xsiType === undefined ? inner : [[here, content.xsiType] as const, ...inner];
  });
}
