/**
 * Reads a service's own description (WSDL 1.1, W3C Note 2001): its SOAP operations, each with what a node needs to
 * call it. The file is pure. Imports are not followed.
 */
import type { Offer } from '../../engine/contract/node/node.ts';
import type { XmlObject } from '../shared/xml/parse-xml.ts';
import { attribute, byName, documentation, local, parts, readXsd, type JsonSchema, type XsdTypes } from './xsd-schema.ts';

const SOAP12 = 'http://schemas.xmlsoap.org/wsdl/soap12/';
const SOAP11 = 'http://schemas.xmlsoap.org/wsdl/soap/';

/**
 * Reads the document that `parse-xml.ts` returns with prefixes. Returns an empty list if it describes no SOAP
 * operation. If it describes both SOAP 1.1 and 1.2, 1.1 is used.
 */
export function readWsdl(document: XmlObject, basePath: string): readonly Offer[] {
  const [definitions] = parts(document, 'definitions');
  if (definitions === undefined) return [];
  const schemas = parts(definitions, 'types').flatMap((types) => parts(types, 'schema'));
  const reader: Reader = {
    ...{ basePath, types: readXsd(schemas) },
    targetNamespace: attribute(definitions, 'targetNamespace') ?? '',
    messages: byName(parts(definitions, 'message')),
    ports: new Map([...byName(parts(definitions, 'portType'))].map(([name, port]) => [name, byName(parts(port, 'operation'))])),
    homes: homesOf(schemas),
    addresses: parts(definitions, 'service').flatMap((service) => parts(service, 'port')),
  };
  const offers = bindingsOf(definitions).flatMap((binding) =>
    parts(binding.node, 'operation').map((one) => readOperation(reader, binding, one)),
  );
  const first = new Map<string, Offer>();
  for (const offer of offers) if (offer !== undefined && !first.has(offer.name)) first.set(offer.name, offer);
  return [...first.values()];
}

/** Look-up tables for operations. They are built once, because a description may have thousands of operations. */
interface Reader {
  readonly targetNamespace: string;
  readonly messages: ReadonlyMap<string, XmlObject>;
  readonly ports: ReadonlyMap<string, ReadonlyMap<string, XmlObject>>;
  /** For each global element, by name: the schema that declares it. */
  readonly homes: ReadonlyMap<string, XmlObject>;
  readonly addresses: readonly XmlObject[];
  readonly basePath: string;
  readonly types: XsdTypes;
}

interface Binding {
  readonly node: XmlObject;
  readonly version: '1.1' | '1.2';
  readonly style: string;
}

function bindingsOf(definitions: XmlObject): readonly Binding[] {
  return parts(definitions, 'binding')
    .flatMap((node): Binding[] => {
      const key = Object.keys(node).find((name) => name.endsWith(':binding'));
      const prefix = key?.slice(0, key.indexOf(':'));
      const namespace =
        prefix === undefined ? undefined : (attribute(node, `xmlns:${prefix}`) ?? attribute(definitions, `xmlns:${prefix}`));
      const [soap] = parts(node, 'binding');
      if (soap === undefined || (namespace !== SOAP11 && namespace !== SOAP12)) return [];
      return [{ node, version: namespace === SOAP12 ? '1.2' : '1.1', style: attribute(soap, 'style') ?? 'document' }];
    })
    .sort((a, b) => a.version.localeCompare(b.version));
}

function readOperation(reader: Reader, binding: Binding, node: XmlObject): Offer | undefined {
  const name = attribute(node, 'name');
  const abstract = reader.ports.get(local(attribute(binding.node, 'type') ?? ''))?.get(name ?? '');
  if (name === undefined || abstract === undefined) return undefined;
  const [soap] = parts(node, 'operation');
  const style = (soap && attribute(soap, 'style')) ?? binding.style;
  const sent = sideOf(reader, style, abstract, node, 'input', name);
  const received = sideOf(reader, style, abstract, node, 'output', name);
  const about = documentation(abstract);
  return {
    name,
    ...(about === undefined ? {} : { about }),
    config: {
      version: binding.version,
      path: pathOf(reader, binding),
      namespace: sent.namespace,
      operation: sent.element,
      action: (soap && attribute(soap, 'soapAction')) ?? '',
      qualified: sent.isQualified,
      arrays: arraysOf(received.schema, received.element),
      oneWay: parts(abstract, 'output').length === 0,
    },
    takes: sent.schema,
    gives: received.schema,
  };
}

interface Side {
  readonly element: string;
  readonly namespace: string;
  readonly isQualified: boolean;
  readonly schema: JsonSchema;
}

/**
 * Returns the content of the request or the response of an operation. Document style sends the one element that the
 * message names. Rpc style sends an element named after the operation, with a field for each part.
 */
function sideOf(reader: Reader, style: string, abstract: XmlObject, bound: XmlObject, side: 'input' | 'output', operation: string): Side {
  const { types, targetNamespace: target } = reader;
  const [end] = parts(abstract, side);
  const message = end && reader.messages.get(local(attribute(end, 'message') ?? ''));
  const messageParts = message === undefined ? [] : parts(message, 'part');
  if (style === 'rpc') {
    const [boundSide] = parts(bound, side);
    const [body] = boundSide === undefined ? [] : parts(boundSide, 'body');
    const properties = Object.fromEntries(
      messageParts.map((part) => [attribute(part, 'name') ?? '', types.ofType(local(attribute(part, 'type') ?? 'string'))]),
    );
    const element = side === 'input' ? operation : `${operation}Response`;
    return {
      element,
      namespace: (body && attribute(body, 'namespace')) ?? target,
      isQualified: false,
      schema: { type: 'object', properties },
    };
  }
  const element = local(messageParts.map((part) => attribute(part, 'element')).find((one) => one !== undefined) ?? operation);
  const home = reader.homes.get(element);
  return {
    element,
    namespace: (home && attribute(home, 'targetNamespace')) ?? target,
    isQualified: home !== undefined && attribute(home, 'elementFormDefault') === 'qualified',
    schema: types.ofElement(element) ?? { type: 'object' },
  };
}

/**
 * Returns the part of the described address after the adapter's own path. The host is ignored, because hospitals
 * write internal host names there.
 */
function pathOf({ addresses, basePath }: Reader, binding: Binding): string {
  const name = attribute(binding.node, 'name');
  const port = addresses.find((one) => local(attribute(one, 'binding') ?? '') === name);
  const [address] = port === undefined ? [] : parts(port, 'address');
  const location = address && attribute(address, 'location');
  if (location === undefined || !URL.canParse(location)) return '';
  const path = new URL(location).pathname.replace(/\/$/, '');
  return path.startsWith(`${basePath}/`) ? path.slice(basePath.length) : '';
}

/** Returns the paths of elements that may repeat, in the form of the node's `arrays`. */
function arraysOf(schema: JsonSchema, path: string): readonly string[] {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, JsonSchema>>;
  return Object.entries(properties).flatMap(([name, field]) => {
    const here = `${path}.${name}`;
    return field['type'] === 'array' ? [here, ...arraysOf(field['items'] as JsonSchema, here)] : arraysOf(field, here);
  });
}

function homesOf(schemas: readonly XmlObject[]): ReadonlyMap<string, XmlObject> {
  const homes = new Map<string, XmlObject>();
  for (const schema of schemas) for (const name of byName(parts(schema, 'element')).keys()) if (!homes.has(name)) homes.set(name, schema);
  return homes;
}
