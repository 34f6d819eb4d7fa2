/** Between XML, in which everything is text, and the JSON Schemas of a service. */
import type { JsonSchema } from '../../../engine/schema/compile-schema.ts';
import { isNil, NIL } from '../../shared/xml/nil.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Each character can be matched in one way only, so that a caller's text takes linear time. */
const NUMBER = /^[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?$/;
/** A longer number stays text. The longest finite number has 309 digits before its point. */
const MOST_DIGITS = 400;

/**
 * Converts what `parse-xml.ts` returned to what the schema expects: numbers, booleans and lists. Text that is no such
 * value stays text, so that a check of the data names it.
 */
export function fromXml(value: unknown, schema: JsonSchema): unknown {
  if (plainType(schema) === 'array') {
    const items = (schema['items'] ?? {}) as JsonSchema;
    return (Array.isArray(value) ? value : [value]).map((item) => fromXml(item, items));
  }
  if (typeof value === 'string') return fromText(value, schema);
  if (!isFields(value)) return value;
  if (isNil(value)) return null;
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [name, Object.hasOwn(properties, name) ? fromXml(field, properties[name]!) : field]),
  );
}

function fromText(text: string, schema: JsonSchema): unknown {
  const plain = text.trim();
  switch (plainType(schema)) {
    case 'integer':
    case 'number': {
      const number = plain.length <= MOST_DIGITS && NUMBER.test(plain) ? Number(plain) : Number.NaN;
      // A number that would change when it is written again stays text.
      return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number)) ? number : text;
    }
    case 'boolean':
      return plain === 'true' || plain === '1' ? true : plain === 'false' || plain === '0' ? false : text;
    case 'object':
      return plain === '' ? {} : Object.hasOwn((schema['properties'] ?? {}) as Fields, '#text') ? { '#text': text } : text;
    default:
      return text;
  }
}

/** Returns the type of a schema. If it allows null and one other type, returns the other type. */
export function plainType({ type }: JsonSchema): unknown {
  const types = isNillable({ type }) ? (type as readonly unknown[]).filter((one) => one !== 'null') : [];
  return types.length === 1 ? types[0] : type;
}

export function isNillable({ type }: JsonSchema): boolean {
  return Array.isArray(type) && type.includes('null');
}

/**
 * Puts the fields in the order of the schema, which is that of the elements in the WSDL. Null is nil where the schema
 * allows null; otherwise such a field is left out.
 */
export function inOrder(value: unknown, schema: JsonSchema): unknown {
  if (value === null && isNillable(schema)) return NIL;
  if (Array.isArray(value)) return value.map((item) => inOrder(item, (schema['items'] ?? {}) as JsonSchema));
  if (!isFields(value)) return value;
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
  const known = Object.keys(properties).filter((name) => Object.hasOwn(value, name));
  const others = Object.keys(value).filter((name) => !Object.hasOwn(properties, name));
  return Object.fromEntries(
    [...known, ...others].flatMap((name) => {
      const isElement = !name.startsWith('@') && name !== '#text';
      const written = !isElement ? value[name] : inOrder(value[name], Object.hasOwn(properties, name) ? properties[name]! : {});
      return written === null ? [] : [[name, written]];
    }),
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
