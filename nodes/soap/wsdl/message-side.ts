/** Reads the request or the response of an operation: what stands in the body and in the header of the envelope. */
import { MIME, SOAP11, SOAP12, WSDL } from './names.ts';
import type { ProblemList } from './problems.ts';
import type { ShapeReader } from './shape-reader.ts';
import { objectContent, schemaOf, type Content, type Field, type JsonSchema } from './shape-tree.ts';
import { rootOf, targetOf, type WsdlSet } from './wsdl-set.ts';
import { attribute, childOf, childrenOf, resolveName, type XmlNode } from './xml-tree.ts';

export interface BodySide {
  readonly element: string;
  readonly namespace: string;
  /** True if the fields in the element are in its namespace. */
  readonly isQualified: boolean;
  readonly isEncoded: boolean;
  /** True if the body has no single element, so that the data itself names the elements of the body. */
  readonly isBare: boolean;
  /** The content of the one element. */
  readonly content: Content;
  /** The elements of the body. */
  readonly bare: Content;
  /** An example of the header, in the form of the node's configuration. */
  readonly header: Readonly<Record<string, unknown>> | undefined;
  /** False if the structure could not be read. */
  readonly isKnown: boolean;
}

export interface MessageContext {
  readonly wsdl: WsdlSet;
  readonly shapes: ShapeReader;
  readonly problems: ProblemList;
  readonly style: string;
  /** The operation of the port type. */
  readonly abstract: XmlNode | undefined;
  /** The operation of the binding. */
  readonly bound: XmlNode;
  readonly operation: string;
}

const EMPTY: Content = objectContent(new Map());

export function readMessage(context: MessageContext, which: 'input' | 'output'): BodySide {
  const { wsdl, shapes, problems, style, abstract, bound, operation } = context;
  const end = abstract && childOf(abstract, WSDL, which);
  const boundSide = childOf(bound, WSDL, which);
  const extensions = boundSide === undefined ? [] : extensionsOf(boundSide);
  const body = extensions.find(({ name }) => name === 'body');
  const message = end && wsdl.find('message', attribute(end, 'message') ?? '', end, problems);
  const parts = bodyParts(message === undefined ? [] : childrenOf(message, WSDL, 'part'), extensions, body);
  const target = targetOf(rootOf(bound));
  const header = headerOf(context, extensions);
  const isEncoded = body !== undefined && attribute(body, 'use') === 'encoded';
  const isKnown = end === undefined ? abstract !== undefined : message !== undefined;
  if (style === 'rpc') {
    const content = objectContent(new Map(parts.map((part) => partField(shapes, part, true)).map((field) => [field.name, field])));
    const element = which === 'input' ? operation : `${operation}Response`;
    const namespace = (body && attribute(body, 'namespace')) ?? target;
    const whole: Field = { name: element, namespace, content, about: undefined, isList: false, isRequired: true, isNillable: false };
    return { ...{ element, namespace, isQualified: false, isEncoded, isBare: false, content, header, isKnown }, bare: only(whole) };
  }
  const fields = parts.map((part) => partField(shapes, part, false));
  const [first] = fields;
  const hasElements = parts.every((part) => attribute(part, 'element') !== undefined);
  const bare = objectContent(new Map(fields.map((field) => [field.name, field])));
  if (first !== undefined && fields.length === 1 && hasElements) {
    const { name: element, namespace, content } = first;
    const isQualified = namespace !== '' && majority(content, namespace);
    const isRead = isKnown && !isMissing(first);
    return { element, namespace, isQualified, isEncoded, isBare: false, content, bare, header, isKnown: isRead };
  }
  const namespace = first?.namespace ?? target;
  const common = { element: first?.name ?? operation, namespace, isQualified: false, isEncoded, content: EMPTY, bare, header };
  return { ...common, isBare: which === 'input' ? end !== undefined : fields.length > 0, isKnown: isKnown && !fields.some(isMissing) };
}

function only(field: Field): Content {
  return objectContent(new Map([[field.name, field]]));
}

/** Fields of parts whose element does not exist. */
const missing = new WeakSet<Field>();

function isMissing(field: Field): boolean {
  return missing.has(field);
}

/** Returns whether most fields of an element are in its namespace; the others are listed one by one. */
function majority({ fields }: Content, namespace: string): boolean {
  const inside = [...fields.values()].filter((field) => field.namespace === namespace).length;
  return inside > 0 && inside * 2 >= fields.size;
}

/** The SOAP extensions of a message; with attachments, those of its first MIME part (WSDL 1.1, section 5). */
function extensionsOf(side: XmlNode): readonly XmlNode[] {
  const isSoap = ({ uri }: XmlNode) => uri === SOAP11 || uri === SOAP12;
  const mime = side.children.filter(({ uri, name }) => uri === MIME && name === 'multipartRelated');
  const mimeParts = mime.flatMap((one) => childrenOf(one, MIME, 'part'));
  return [
    ...side.children.filter(isSoap),
    ...mimeParts.flatMap(({ children }) => children.filter((child) => isSoap(child) || child.name === 'content')),
  ];
}

/** The parts in the body: those that it names, otherwise all that are neither header nor attachment. */
function bodyParts(parts: readonly XmlNode[], extensions: readonly XmlNode[], body: XmlNode | undefined): readonly XmlNode[] {
  const named = body && attribute(body, 'parts');
  if (named !== undefined) {
    const names = new Set(named.split(/\s+/));
    return parts.filter((part) => names.has(attribute(part, 'name') ?? ''));
  }
  const elsewhere = new Set(extensions.filter(({ name }) => name === 'header' || name === 'content').map((one) => attribute(one, 'part')));
  return parts.filter((part) => !elsewhere.has(attribute(part, 'name')));
}

/** A part names an element, or a type. In rpc style its field has the name of the part. */
function partField(shapes: ShapeReader, part: XmlNode, isRpc: boolean): Field {
  const name = attribute(part, 'name') ?? 'part';
  const target = targetOf(rootOf(part));
  const element = attribute(part, 'element');
  const common = { about: undefined, isList: false, isRequired: true, isNillable: false };
  if (element !== undefined) {
    const wanted = resolveName(part, element);
    const found = shapes.element(wanted, part, target);
    if (found !== undefined) return isRpc ? { ...found, name, namespace: '' } : found;
    const [, uri = '', local = name] = /^\{(.*)\}(.*)$/s.exec(wanted) ?? [];
    const field: Field = { ...common, name: local, namespace: uri, content: EMPTY };
    missing.add(field);
    return field;
  }
  const type = attribute(part, 'type');
  const content = type === undefined ? EMPTY : shapes.type(resolveName(part, type), part, target);
  return { ...common, name, namespace: '', content };
}

/** Returns an example of the header blocks of a request, each with its namespace. */
function headerOf({ wsdl, shapes, problems, bound }: MessageContext, extensions: readonly XmlNode[]) {
  const blocks: Record<string, unknown> = {};
  for (const header of extensions.filter(({ name }) => name === 'header')) {
    const message = wsdl.find('message', attribute(header, 'message') ?? '', header, problems);
    const part = message && childrenOf(message, WSDL, 'part').find((one) => attribute(one, 'name') === attribute(header, 'part'));
    const element = part && attribute(part, 'element');
    const field = element === undefined ? undefined : shapes.element(resolveName(part!, element), part!, targetOf(rootOf(bound)));
    if (field === undefined) continue;
    const inner = field.content.fields;
    const prefix = `h${Object.keys(blocks).length + 1}`;
    const values = Object.fromEntries(
      [...inner.values()].map((one) => [
        one.namespace === field.namespace ? `${prefix}:${one.name}` : one.name,
        emptyValue(schemaOf(one.content)),
      ]),
    );
    blocks[`${prefix}:${field.name}`] = { [`@xmlns:${prefix}`]: field.namespace, ...values };
  }
  return Object.keys(blocks).length === 0 ? undefined : blocks;
}

function emptyValue(schema: JsonSchema): unknown {
  const properties = schema['properties'] as Readonly<Record<string, JsonSchema>> | undefined;
  if (schema['type'] === 'array') return [emptyValue(schema['items'] as JsonSchema)];
  return properties === undefined ? '' : Object.fromEntries(Object.entries(properties).map(([name, field]) => [name, emptyValue(field)]));
}
