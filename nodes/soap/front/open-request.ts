/** Reads the envelope of a request: SOAP 1.1 section 4, SOAP 1.2 part 1 section 5. */
import { SOAP_ENVELOPES, type SoapVersion } from '../../../engine/contract/soap/soap-fault.ts';
import type { XmlObject, XmlValue } from '../../shared/xml/parse-xml.ts';

export type OpenedRequest =
  | { readonly problem: 'envelope' | 'version' | 'body' }
  | {
      readonly version: SoapVersion;
      /** Local name of the first element of the body. */
      readonly operation: string;
      readonly namespace: string;
      readonly parameters: XmlValue;
      /** Header blocks by local name, without those of WS-Security, which may hold passwords. */
      readonly header: XmlObject;
      /** Local names of the blocks that the receiver must understand. */
      readonly mandatory: readonly string[];
    };

/** `document` is what `parse-xml.ts` returns with its prefixes. */
export function openRequest(document: XmlObject): OpenedRequest {
  const [[rootName, root] = ['', '']] = Object.entries(document);
  if (localOf(rootName) !== 'Envelope' || !isObject(root)) return { problem: 'envelope' };
  const uri = namespaceOf(rootName, root);
  const version = (Object.keys(SOAP_ENVELOPES) as SoapVersion[]).find((one) => SOAP_ENVELOPES[one] === uri);
  if (version === undefined) return { problem: 'version' };
  const body = childOf(root, 'Body');
  const [name, value] = isObject(body) ? (elementsOf(body)[0] ?? []) : [];
  if (name === undefined || value === undefined || Array.isArray(value)) return { problem: 'body' };
  const header = childOf(root, 'Header');
  const blocks = isObject(header) ? elementsOf(header) : [];
  return {
    version,
    operation: localOf(name),
    namespace: namespaceOf(name, ...(isObject(value) ? [value] : []), ...(isObject(body) ? [body] : []), root),
    parameters: withoutPrefixes(value),
    header: Object.fromEntries(
      blocks.filter(([block]) => localOf(block) !== 'Security').map(([block, one]) => [localOf(block), withoutPrefixes(one)]),
    ),
    mandatory: blocks.filter(([, one]) => (Array.isArray(one) ? one : [one]).some(isMandatory)).map(([block]) => localOf(block)),
  };
}

function isMandatory(block: XmlValue): boolean {
  if (!isObject(block)) return false;
  return Object.entries(block).some(
    ([name, value]) => name.startsWith('@') && localOf(name) === 'mustUnderstand' && (value === '1' || value === 'true'),
  );
}

/** Returns the namespace of an element, which it or an element around it declares. */
function namespaceOf(name: string, ...around: readonly XmlObject[]): string {
  const colon = name.indexOf(':');
  const attribute = colon === -1 ? '@xmlns' : `@xmlns:${name.slice(0, colon)}`;
  for (const element of around) {
    const value = element[attribute];
    if (typeof value === 'string') return value;
  }
  return '';
}

/** Returns the value as `parse-xml.ts` returns it with stripped namespaces. */
function withoutPrefixes(value: XmlValue): XmlValue {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return (value as readonly XmlValue[]).map(withoutPrefixes);
  const fields: Record<string, XmlValue> = {};
  for (const [name, field] of Object.entries(value as XmlObject)) {
    if (name === '@xmlns' || name.startsWith('@xmlns:')) continue;
    const plain = name === '#text' ? name : name.startsWith('@') ? `@${localOf(name.slice(1))}` : localOf(name);
    const inner = withoutPrefixes(field);
    const present = Object.hasOwn(fields, plain) ? fields[plain]! : undefined;
    fields[plain] = present === undefined ? inner : [...list(present), ...list(inner)];
  }
  const names = Object.keys(fields);
  if (names.length === 0) return '';
  return names.length === 1 && names[0] === '#text' ? fields['#text']! : fields;
}

function list(value: XmlValue): readonly XmlValue[] {
  return Array.isArray(value) ? (value as readonly XmlValue[]) : [value];
}

function elementsOf(value: XmlObject): readonly (readonly [string, XmlValue])[] {
  return Object.entries(value).filter(([name]) => !name.startsWith('@') && name !== '#text');
}

function childOf(value: XmlObject, name: string): XmlValue | undefined {
  return elementsOf(value).find(([key]) => localOf(key) === name)?.[1];
}

function isObject(value: XmlValue | undefined): value is XmlObject {
  return typeof value === 'object' && !Array.isArray(value);
}

function localOf(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
