/** SOAP envelopes: W3C Note SOAP 1.1 section 4, SOAP 1.2 part 1 section 5. */
import { SOAP_ENVELOPES, type SoapVersion } from '../../engine/contract/soap/soap-fault.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { XmlObject, XmlValue } from '../shared/xml/parse-xml.ts';
import { isNil, NIL, XSI } from '../shared/xml/nil.ts';
import { serialiseXml } from '../shared/xml/serialise-xml.ts';

const MAX_DEPTH = 200;

const ENCODINGS: Readonly<Record<SoapVersion, string>> = {
  '1.1': 'http://schemas.xmlsoap.org/soap/encoding/',
  '1.2': 'http://www.w3.org/2003/05/soap-encoding',
};

export interface Operation {
  readonly version: SoapVersion;
  readonly namespace: string;
  readonly operation: string;
  readonly prefix: string;
  /** True if the fields inside the operation's element are in its namespace too (`elementFormDefault="qualified"`). */
  readonly qualified: boolean;
  /** True if the fields of the parameters are the elements of the body. */
  readonly bare: boolean;
  /** Namespaces of elements that differ from the one around them, by path; `''` for none. */
  readonly namespaces: Readonly<Record<string, string>>;
  /** Types of an encoded message, by path: `{namespace}name`, with `[]` for an array of them. */
  readonly types: Readonly<Record<string, string>>;
  /** Paths of the elements in which null is `xsi:nil`. Null in any other is an empty element. */
  readonly nillable: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Returns the whole request. The entries of `headers` are merged into one header; `bodyAttributes` are those of the
 * body. `headers` and `parameters` are data in the form of `parse-xml.ts`. Throws SOAP_BODY (input) if they are not
 * objects.
 */
export function buildEnvelope(
  operation: Operation,
  headers: readonly unknown[],
  parameters: unknown,
  charset: string,
  bodyAttributes: Fields = {},
): string {
  const header = Object.assign({}, ...headers.map((part) => fields(part, 'header'))) as Record<string, unknown>;
  const isEncoded = Object.keys(operation.types).length > 0;
  const envelope = {
    'soap:Envelope': {
      '@xmlns:soap': SOAP_ENVELOPES[operation.version],
      '@xmlns:xsi': XSI,
      ...(isEncoded ? { '@xmlns:enc': ENCODINGS[operation.version] } : {}),
      ...(Object.keys(header).length === 0 ? {} : { 'soap:Header': header }),
      'soap:Body': { ...bodyAttributes, ...bodyOf(operation, fields(parameters, 'body'), isEncoded) },
    },
  };
  return serialiseXml(envelope, { charset, maxDepth: MAX_DEPTH, declaredPrefixes: true });
}

function bodyOf(operation: Operation, given: Fields, isEncoded: boolean): Fields {
  const { prefix, qualified, namespace, bare, operation: name } = operation;
  if (bare) return withNamespaces(operation, given, '', namespace, '');
  const encoding = isEncoded ? { '@soap:encodingStyle': ENCODINGS[operation.version] } : {};
  // A default namespace also applies to the fields inside the element; a prefix applies to the element only.
  return qualified
    ? { [name]: { '@xmlns': namespace, ...encoding, ...withNamespaces(operation, given, '', namespace, namespace) } }
    : { [`${prefix}:${name}`]: { [`@xmlns:${prefix}`]: namespace, ...encoding, ...withNamespaces(operation, given, '', '', '') } };
}

/**
 * Declares the namespace of each element that is not in `declared`, the default namespace around it. `wanted` is the
 * namespace of the fields unless their path has its own. A name with a prefix is left as it is.
 */
function withNamespaces(operation: Operation, given: Fields, path: string, wanted: string, declared: string): Fields {
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      if (name.startsWith('@') || name === '#text' || name.includes(':')) return [name, value];
      const here = path === '' ? name : `${path}.${name}`;
      const namespace = Object.hasOwn(operation.namespaces, here) ? operation.namespaces[here]! : wanted;
      const type = Object.hasOwn(operation.types, here) ? operation.types[here] : undefined;
      const isNillable = operation.nillable.includes(here);
      const element = (one: unknown): unknown => {
        const inner = isFields(one) ? withNamespaces(operation, one, here, namespace, namespace) : one === null && isNillable ? NIL : one;
        const added = {
          ...(namespace === declared ? {} : { '@xmlns': namespace }),
          ...(type === undefined || inner === undefined ? {} : typeAttributes(type, inner)),
        };
        if (Object.keys(added).length === 0 || inner === undefined) return inner;
        return isFields(inner) ? { ...added, ...inner } : { ...added, '#text': inner };
      };
      return [name, Array.isArray(value) ? value.map(element) : element(value)];
    }),
  );
}

/** The attributes of an encoded value (SOAP 1.1, section 5). */
function typeAttributes(type: string, value: unknown): Fields {
  const [, uri = '', name = '', brackets] = /^\{(.*)\}(.*?)(\[\])?$/.exec(type) ?? [];
  if (brackets === undefined) return { '@xmlns:t': uri, '@xsi:type': `t:${name}` };
  const items = isFields(value) ? value['item'] : undefined;
  const count = Array.isArray(items) ? items.length : items === undefined ? 0 : 1;
  return { '@xmlns:t': uri, '@xsi:type': 'enc:Array', '@enc:arrayType': `t:${name}[${count}]` };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

export function envelopeHeaders(version: SoapVersion, action: string, charset: string): Record<string, string> {
  if (version === '1.1') return { 'content-type': `text/xml; charset=${charset}`, accept: 'text/xml', soapaction: `"${action}"` };
  const parameter = action === '' ? '' : `; action="${action}"`;
  return { 'content-type': `application/soap+xml; charset=${charset}${parameter}`, accept: 'application/soap+xml' };
}

/**
 * Returns the content of the first element in the body, or the fault. `isBare`: returns the elements of the body
 * instead. Returns undefined if the document is not a SOAP envelope.
 */
export function openEnvelope(
  document: XmlObject,
  isBare: boolean,
): { readonly fault: XmlObject } | { readonly result: XmlValue } | undefined {
  const body = child(document.Envelope, 'Body');
  if (body === undefined) return undefined;
  if (typeof body !== 'object') return { result: {} };
  const elements = Object.entries(body as XmlObject).filter(([key]) => !key.startsWith('@') && key !== '#text');
  const [name, value] = elements[0] ?? [];
  if (name === 'Fault' && typeof value === 'object' && !Array.isArray(value)) return { fault: value as XmlObject };
  if (isBare) return { result: Object.fromEntries(elements) };
  return { result: value === undefined || value === '' ? {} : withoutReferences(value, elements) };
}

/** Returns the data of an answer with null for each element that is nil and has nothing else. */
export function withNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNull);
  if (!isFields(value)) return value;
  const fields = Object.entries(value);
  if (isNil(value) && fields.every(([name]) => name === '@nil' || name === '@type')) return null;
  return Object.fromEntries(fields.map(([name, field]) => [name, withNull(field)]));
}

/**
 * Maximum size of all copies of values that are referred to, in values. Text counts as one value for each 64 characters,
 * because the copies of a text become text of their own when the data is stored.
 */
const MOST_COPIED = 1_000_000;
const CHARACTERS_PER_VALUE = 64;

/**
 * Puts the values of an encoded answer where they are referred to (SOAP 1.1, section 5.4.1): `<a href="#id1"/>` becomes
 * the content of `<multiRef id="id1">`. A value that contains itself ends with its reference. Throws PARSE_TOO_COSTLY
 * (input).
 */
function withoutReferences(value: XmlValue, elements: readonly (readonly [string, XmlValue])[]): XmlValue {
  if (elements.length < 2) return value;
  const targets = new Map<string, XmlObject>();
  for (const [, found] of elements.slice(1))
    for (const one of Array.isArray(found) ? (found as readonly XmlValue[]) : [found]) {
      const id = child(one, '@id');
      if (typeof id === 'string') targets.set(`#${id}`, one as XmlObject);
    }
  if (targets.size === 0) return value;
  let left = MOST_COPIED;
  const count = (text: string): void => {
    left -= 1 + text.length / CHARACTERS_PER_VALUE;
    if (left < 0) throw tooManyReferences();
  };
  const replace = (one: XmlValue, around: ReadonlySet<string>): XmlValue => {
    if (around.size > 0) count(typeof one === 'string' ? one : '');
    if (typeof one === 'string') return one;
    if (Array.isArray(one)) return (one as readonly XmlValue[]).map((item) => replace(item, around));
    const href = child(one, '@href') ?? child(one, '@ref');
    const target = typeof href === 'string' ? targets.get(href) : undefined;
    if (target === undefined || around.has(href as string))
      return Object.fromEntries(
        Object.entries(one as XmlObject).map(([name, field]) => {
          if (around.size > 0) count(name);
          return [name, replace(field, around)];
        }),
      );
    if (around.size === MAX_DEPTH) throw tooManyReferences();
    const { '@id': _id, '@root': _root, '@encodingStyle': _style, ...rest } = target;
    const names = Object.keys(rest);
    const inside = new Set([...around, href as string]);
    if (names.every((name) => name === '#text' || name === '@type')) return replace(rest['#text'] ?? '', inside);
    return replace(rest, inside);
  };
  return replace(value, new Set());
}

function tooManyReferences(): AppError {
  return new AppError('PARSE_TOO_COSTLY', 'input', 'The answer refers too often to the same values.', {
    fix: 'Ask the other side for less data in one call.',
  });
}

export function child(value: XmlValue | undefined, name: string): XmlValue | undefined {
  if (typeof value !== 'object' || Array.isArray(value) || !Object.hasOwn(value, name)) return undefined;
  return (value as XmlObject)[name];
}

function fields(value: unknown, part: 'body' | 'header'): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array)) return value as Record<string, unknown>;
  throw new AppError('SOAP_BODY', 'input', `The ${part} of the call is not an object.`, {
    values: { part },
    fix: 'Map it to an object with one field per element.',
  });
}
