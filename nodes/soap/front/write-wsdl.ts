/** Writes the WSDL 1.1 of a service: document/literal wrapped, with bindings for SOAP 1.1 and 1.2. */
import type { JsonSchema } from '../../../engine/schema/compile-schema.ts';
import { isNillable, plainType } from './by-schema.ts';
import type { Service, ServiceOperation } from './service.ts';

const TRANSPORT = 'http://schemas.xmlsoap.org/soap/http';

export function writeWsdl(service: Service): string {
  const { name, namespace, operations } = service;
  const each = (write: (operation: ServiceOperation) => string) => operations.map(write).join('');
  return (
    `<?xml version="1.0" encoding="UTF-8"?><wsdl:definitions xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" ` +
    `xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/" ` +
    `xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:tns="${escape(namespace)}" targetNamespace="${escape(namespace)}" name="${escape(name)}">` +
    `<wsdl:types><xs:schema targetNamespace="${escape(namespace)}" elementFormDefault="qualified">${each(elements)}</xs:schema></wsdl:types>` +
    each(messages) +
    `<wsdl:portType name="${escape(name)}PortType">${each(abstractOperation)}</wsdl:portType>` +
    binding(service, 'soap') +
    binding(service, 'soap12') +
    `<wsdl:service name="${escape(name)}">${port(service, 'soap')}${port(service, 'soap12')}</wsdl:service></wsdl:definitions>`
  );
}

function elements({ name, request, response, oneWay }: ServiceOperation): string {
  return element(name, request, '') + (oneWay ? '' : element(`${name}Response`, response, ''));
}

function messages({ name, oneWay }: ServiceOperation): string {
  const message = (kind: string, element: string) =>
    `<wsdl:message name="${name}${kind}"><wsdl:part name="parameters" element="tns:${element}"/></wsdl:message>`;
  return message('In', name) + (oneWay ? '' : message('Out', `${name}Response`));
}

function abstractOperation({ name, about, oneWay }: ServiceOperation): string {
  const documentation = about === undefined || about === '' ? '' : `<wsdl:documentation>${escape(about)}</wsdl:documentation>`;
  const output = oneWay ? '' : `<wsdl:output message="tns:${name}Out"/>`;
  return `<wsdl:operation name="${name}">${documentation}<wsdl:input message="tns:${name}In"/>${output}</wsdl:operation>`;
}

type Version = 'soap' | 'soap12';
const SUFFIX: Readonly<Record<Version, string>> = { soap: 'Soap', soap12: 'Soap12' };

function binding({ name, namespace, operations }: Service, version: Version): string {
  const body = `<${version}:body use="literal"/>`;
  const each = operations.map(
    ({ name: operation, oneWay }) =>
      `<wsdl:operation name="${operation}"><${version}:operation soapAction="${escape(actionOf(namespace, operation))}" style="document"/>` +
      `<wsdl:input>${body}</wsdl:input>${oneWay ? '' : `<wsdl:output>${body}</wsdl:output>`}</wsdl:operation>`,
  );
  return (
    `<wsdl:binding name="${escape(name)}${SUFFIX[version]}" type="tns:${escape(name)}PortType">` +
    `<${version}:binding style="document" transport="${TRANSPORT}"/>${each.join('')}</wsdl:binding>`
  );
}

function port({ name, address }: Service, version: Version): string {
  const suffix = SUFFIX[version];
  return `<wsdl:port name="${escape(name)}${suffix}" binding="tns:${escape(name)}${suffix}"><${version}:address location="${escape(address)}"/></wsdl:port>`;
}

function actionOf(namespace: string, operation: string): string {
  return `${namespace}${/[/:#]$/.test(namespace) ? '' : namespace.startsWith('urn:') ? ':' : '/'}${operation}`;
}

/** Writes an element for a JSON Schema. What XML Schema has no equal for may be anything. */
function element(name: string, schema: JsonSchema, frequency: string): string {
  const type = plainType(schema);
  const items = schema['items'];
  if (type === 'array') return element(name, (items ?? {}) as JsonSchema, ' minOccurs="0" maxOccurs="unbounded"');
  const occurs = isNillable(schema) ? `${frequency} nillable="true"` : frequency;
  const properties = schema['properties'] as Readonly<Record<string, JsonSchema>> | undefined;
  if (properties === undefined && type !== 'object') return simpleElement(name, schema, occurs);
  return `<xs:element name="${name}"${occurs}>${complexType(properties ?? {}, schema['required'])}</xs:element>`;
}

function complexType(properties: Readonly<Record<string, JsonSchema>>, required: unknown): string {
  const isRequired = (name: string) => Array.isArray(required) && required.includes(name);
  const entries = Object.entries(properties);
  const attributes = entries
    .filter(([name]) => name.startsWith('@'))
    .map(([name, schema]) => `<xs:attribute name="${name.slice(1)}" type="${typeOf(schema)}"${isRequired(name) ? ' use="required"' : ''}/>`)
    .join('');
  const text = properties['#text'];
  if (text !== undefined)
    return `<xs:complexType><xs:simpleContent><xs:extension base="${typeOf(text)}">${attributes}</xs:extension></xs:simpleContent></xs:complexType>`;
  const fields = entries
    .filter(([name]) => !name.startsWith('@'))
    .map(([name, schema]) => element(name, schema, isRequired(name) ? '' : ' minOccurs="0"'))
    .join('');
  return `<xs:complexType><xs:sequence>${fields}</xs:sequence>${attributes}</xs:complexType>`;
}

function simpleElement(name: string, schema: JsonSchema, occurs: string): string {
  const given = schema['enum'];
  const values = Array.isArray(given) ? given.filter((value) => value !== null) : undefined;
  if (values === undefined || values.length === 0 || !values.every((value) => typeof value === 'string'))
    return `<xs:element name="${name}" type="${typeOf(schema)}"${occurs}/>`;
  const each = values.map((value) => `<xs:enumeration value="${escape(value)}"/>`).join('');
  return `<xs:element name="${name}"${occurs}><xs:simpleType><xs:restriction base="xs:string">${each}</xs:restriction></xs:simpleType></xs:element>`;
}

const FORMATS = new Map(Object.entries({ date: 'xs:date', 'date-time': 'xs:dateTime', time: 'xs:time', uri: 'xs:anyURI' }));
const TYPES = new Map(Object.entries({ integer: 'xs:integer', number: 'xs:decimal', boolean: 'xs:boolean' }));

function typeOf(schema: JsonSchema): string {
  const { format, contentEncoding } = schema;
  const type = plainType(schema);
  if (type === 'string') return contentEncoding === 'base64' ? 'xs:base64Binary' : (FORMATS.get(String(format)) ?? 'xs:string');
  return TYPES.get(String(type)) ?? 'xs:anyType';
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
