/** Reads the SOAP operations of a description: each with what a node needs to call it. The file is pure. */
import type { Offer } from '../../../engine/contract/node/node.ts';
import type { Description } from './description.ts';
import { readMessage, type BodySide } from './message-side.ts';
import { SOAP11, SOAP12, WSDL } from './names.ts';
import { ProblemList, wsdlProblem } from './problems.ts';
import { documentation, MOST_FIELDS_IN_ALL, ShapeBudget, ShapeReader } from './shape-reader.ts';
import { listPaths, namespacePaths, nillablePaths, objectSchemaOf, schemaOf, typePaths } from './shape-tree.ts';
import { tooCostly } from './too-costly.ts';
import { readWsdlSet, type WsdlSet } from './wsdl-set.ts';
import { attribute, childOf, childrenOf, type XmlNode } from './xml-tree.ts';

const MOST_OPERATIONS = 10_000;
const MOST_PATHS = 1000;

/** One operation in one binding. */
interface Bound {
  readonly node: XmlNode;
  readonly binding: XmlNode;
  readonly port: XmlNode | undefined;
  readonly version: '1.1' | '1.2';
  readonly style: string;
  /** `soap:operation`. */
  readonly soap: XmlNode | undefined;
}

/**
 * Returns the operations, those of SOAP 1.1 if a service has both versions. `basePath` is the path of the adapter.
 * Throws WSDL_INVALID (input) if the description cannot be read, or if nothing is known about any of its operations,
 * and WSDL_TOO_COSTLY (input).
 */
export function readOperations(description: Description, basePath: string): readonly Offer[] {
  const wsdl = readWsdlSet(description);
  const bound = boundOperations(wsdl);
  if (bound.length === 0) throw wsdlProblem('none', { file: description.main[0] ?? '' });
  if (bound.length > MOST_OPERATIONS) throw tooCostly();
  const budget = new ShapeBudget();
  const read = bound.map((one) => readOperation(wsdl, one, basePath, budget));
  const [first] = read;
  if (read.every(({ isKnown }) => !isKnown)) throw first!.unknown();
  return withNames(read);
}

interface ReadOperation {
  readonly offer: Offer;
  readonly port: string;
  readonly input: string | undefined;
  readonly isKnown: boolean;
  unknown(): Error;
}

/** Gives operations of the same name different names: that of their input message, or of their port. */
function withNames(read: readonly ReadOperation[]): readonly Offer[] {
  const names = new Set<string>();
  return read.map(({ offer, port, input }) => {
    const wanted = [offer.name, `${offer.name} (${input ?? port})`, `${offer.name} (${port})`];
    let name = wanted.find((one) => !names.has(one));
    for (let number = 2; name === undefined; number += 1)
      name = names.has(`${offer.name} (${number})`) ? undefined : `${offer.name} (${number})`;
    names.add(name);
    return name === offer.name ? offer : { ...offer, name };
  });
}

function boundOperations(wsdl: WsdlSet): readonly Bound[] {
  const quiet = new ProblemList();
  const ported = wsdl.ports.flatMap((port) => {
    const binding = wsdl.find('binding', attribute(port, 'binding') ?? '', port, quiet);
    return binding === undefined ? [] : [{ binding, port }];
  });
  const used = new Set(ported.map(({ binding }) => binding));
  const rest = wsdl.bindings.filter((binding) => !used.has(binding)).map((binding) => ({ binding, port: undefined }));
  const all = [...ported, ...rest].flatMap(operationsOf).sort((a, b) => a.version.localeCompare(b.version));
  const first = new Map<string, Bound>();
  for (const one of all) {
    // Two bindings of one port type have the same operations: in other versions, or at other addresses.
    const type = wsdl.find('portType', attribute(one.binding, 'type') ?? '', one.binding, quiet);
    const input = childOf(one.node, WSDL, 'input');
    const key = [type?.file, type?.line, type === undefined ? '' : attribute(type, 'name'), attribute(one.node, 'name')];
    const name = JSON.stringify([...key, (input && attribute(input, 'name')) ?? '']);
    if (!first.has(name)) first.set(name, one);
  }
  return [...first.values()];
}

function operationsOf({ binding, port }: Pick<Bound, 'binding' | 'port'>): readonly Bound[] {
  const soap = binding.children.find(({ uri, name }) => name === 'binding' && (uri === SOAP11 || uri === SOAP12));
  if (soap === undefined) return [];
  const version = soap.uri === SOAP12 ? '1.2' : '1.1';
  return childrenOf(binding, WSDL, 'operation').map((node) => {
    const operation = node.children.find(({ uri, name }) => name === 'operation' && (uri === SOAP11 || uri === SOAP12));
    const style = (operation && attribute(operation, 'style')) ?? attribute(soap, 'style') ?? 'document';
    return { node, binding, port, version, style, soap: operation };
  });
}

function readOperation(wsdl: WsdlSet, bound: Bound, basePath: string, budget: ShapeBudget): ReadOperation {
  const { node, binding, version, soap } = bound;
  const name = attribute(node, 'name') ?? '';
  const problems = new ProblemList();
  const shapes = new ShapeReader(wsdl.schemas, problems, budget);
  if (budget.fieldsLeft <= 0) problems.add(wsdlProblem('fields-total', { limit: MOST_FIELDS_IN_ALL }));
  const abstract = abstractOperation(wsdl, binding, node, problems);
  const side = (which: 'input' | 'output') =>
    readMessage({ wsdl, shapes, problems, style: bound.style, abstract, bound: node, operation: name }, which);
  const [sent, received] = [side('input'), side('output')];
  const isBare = sent.isBare || received.isBare;
  const about = abstract && documentation(abstract);
  const fields = messageConfig(sent, received, isBare, problems);
  const listed = problems.list();
  const input = childOf(node, WSDL, 'input');
  return {
    offer: {
      name,
      ...(about === undefined ? {} : { about }),
      config: {
        ...{ version, path: pathOf(bound.port, basePath), namespace: sent.namespace, operation: sent.element },
        ...{ action: (soap && attribute(soap, 'soapAction')) ?? '', qualified: sent.isQualified },
        ...fields,
        oneWay: abstract !== undefined && childOf(abstract, WSDL, 'output') === undefined,
      },
      ...(sent.header === undefined ? {} : { initial: { header: { value: sent.header } } }),
      takes: isBare ? bareSchema(sent) : objectSchemaOf(sent.content),
      gives: isBare ? bareSchema(received) : schemaOf(received.content),
      ...(listed.length === 0 ? {} : { problems: listed }),
    },
    port: (bound.port && attribute(bound.port, 'name')) ?? attribute(binding, 'name') ?? '',
    input: input && attribute(input, 'name'),
    isKnown: sent.isKnown,
    unknown: () => problems.first() ?? wsdlProblem('none', { file: node.file }),
  };
}

/** The fields of a node's configuration that follow from the structures. */
function messageConfig(sent: BodySide, received: BodySide, isBare: boolean, problems: ProblemList) {
  const root = isBare ? sent.bare : sent.content;
  const around = isBare || sent.isQualified ? sent.namespace : '';
  const namespaces = namespacePaths(root, '', around);
  if (namespaces.length > MOST_PATHS) problems.add(wsdlProblem('namespaces', { limit: MOST_PATHS }));
  const arrays = isBare ? listPaths(received.bare, '') : listPaths(received.content, received.element);
  const types = sent.isEncoded ? typePaths(root, '') : [];
  // Every value of an encoded message may be nil (SOAP 1.1, section 5.1).
  const nillable = sent.isEncoded ? types.map(([path]) => path) : nillablePaths(root, '');
  if (nillable.length > MOST_PATHS) problems.add(wsdlProblem('nillable', { limit: MOST_PATHS }));
  return {
    arrays: arrays.slice(0, MOST_PATHS),
    bare: isBare,
    namespaces: Object.fromEntries(namespaces.slice(0, MOST_PATHS)),
    nillable: nillable.slice(0, MOST_PATHS),
    types: Object.fromEntries(types.slice(0, MOST_PATHS)),
  };
}

function bareSchema({ bare }: BodySide) {
  return objectSchemaOf(bare);
}

/** Finds the operation of the port type: by its name and, if there are several, by the name of its input. */
function abstractOperation(wsdl: WsdlSet, binding: XmlNode, node: XmlNode, problems: ProblemList): XmlNode | undefined {
  const name = attribute(node, 'name');
  const portType = wsdl.find('portType', attribute(binding, 'type') ?? '', binding, problems);
  if (portType === undefined) return undefined;
  const candidates = wsdl.operations(portType, name);
  const [only] = candidates;
  if (only === undefined) problems.add(wsdlProblem('operation', { name: name ?? '', file: node.file, line: node.line }));
  if (candidates.length < 2) return only;
  const inputName = (one: XmlNode) => attribute(childOf(one, WSDL, 'input') ?? one, 'name');
  return candidates.find((one) => inputName(one) === inputName(node)) ?? candidates[wsdl.operations(binding, name).indexOf(node)] ?? only;
}

/**
 * Returns the part of the described address after the adapter's own path. The host is ignored, because hospitals
 * write internal host names there.
 */
function pathOf(port: XmlNode | undefined, basePath: string): string {
  const address = port?.children.find(({ name }) => name === 'address');
  const location = address && attribute(address, 'location');
  if (location === undefined || !URL.canParse(location)) return '';
  const path = new URL(location).pathname.replace(/\/$/, '');
  return path.startsWith(`${basePath}/`) && path.length <= 1000 ? path.slice(basePath.length) : '';
}
