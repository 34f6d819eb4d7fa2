/** SOAP envelopes: W3C Note SOAP 1.1 section 4, SOAP 1.2 part 1 section 5. */
import { AppError } from '../../engine/contract/values/errors.ts';
import { encodeText } from '../shared/charset/text-charset.ts';
import type { XmlObject, XmlValue } from '../shared/xml/parse-xml.ts';
import { serialiseXml } from '../shared/xml/serialise-xml.ts';

export type SoapVersion = '1.1' | '1.2';

const NAMESPACES: Readonly<Record<SoapVersion, string>> = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
};
const MAX_DEPTH = 200;

export interface Operation {
  readonly version: SoapVersion;
  readonly namespace: string;
  readonly operation: string;
  readonly prefix: string;
  /** True if the fields inside the operation's element are in its namespace too (`elementFormDefault="qualified"`). */
  readonly qualified: boolean;
}

/**
 * Returns the whole request as bytes. The entries of `headers` are merged into one header. `headers` and `parameters`
 * are data in the form of `parse-xml.ts`. Throws SOAP_BODY (input) if they are not objects.
 */
export function buildEnvelope(operation: Operation, headers: readonly unknown[], parameters: unknown, charset: string): Buffer {
  const { prefix, qualified, namespace } = operation;
  // A default namespace also applies to the fields inside the element; a prefix applies to the element only.
  const element = qualified
    ? { [operation.operation]: { '@xmlns': namespace, ...fields(parameters, 'body') } }
    : { [`${prefix}:${operation.operation}`]: { [`@xmlns:${prefix}`]: namespace, ...fields(parameters, 'body') } };
  const header = Object.assign({}, ...headers.map((part) => fields(part, 'header'))) as Record<string, unknown>;
  const envelope = {
    'soap:Envelope': {
      '@xmlns:soap': NAMESPACES[operation.version],
      ...(Object.keys(header).length === 0 ? {} : { 'soap:Header': header }),
      'soap:Body': element,
    },
  };
  return encodeText(serialiseXml(envelope, { charset, maxDepth: MAX_DEPTH }), charset);
}

export function envelopeHeaders(version: SoapVersion, action: string, charset: string): Record<string, string> {
  if (version === '1.1') return { 'content-type': `text/xml; charset=${charset}`, accept: 'text/xml', soapaction: `"${action}"` };
  const parameter = action === '' ? '' : `; action="${action}"`;
  return { 'content-type': `application/soap+xml; charset=${charset}${parameter}`, accept: 'application/soap+xml' };
}

/**
 * Returns the content of the first element in the body, or the fault. Returns undefined if the document is not a SOAP
 * envelope.
 */
export function openEnvelope(document: XmlObject): { readonly fault: XmlObject } | { readonly result: XmlValue } | undefined {
  const body = child(document.Envelope, 'Body');
  if (body === undefined) return undefined;
  if (typeof body !== 'object') return { result: {} };
  const [name, value] = Object.entries(body as XmlObject).find(([key]) => !key.startsWith('@') && key !== '#text') ?? [];
  if (name === 'Fault' && typeof value === 'object' && !Array.isArray(value)) return { fault: value as XmlObject };
  return { result: value === undefined || value === '' ? {} : value };
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
