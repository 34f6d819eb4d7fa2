import type { Static, TObject, TSchema } from 'typebox';
import { Check } from 'typebox/value';
import {
  FlowDocument,
  FlowMock,
  FlowNode,
  FlowTest,
  FlowTestExpectation,
  type FlowEdge,
  Handling,
  Ingress,
  Recording,
} from '../contract/flow/flow-document.ts';
import { isRecord } from '../contract/values/is-record.ts';

export interface ReadableFlow {
  /** The readable document. Each part keeps its position, so a pointer into it is also a pointer into the input. */
  readonly flow: FlowDocument;
  /** The number of nodes without a valid id. A reference to a missing node may mean one of them. */
  readonly unnamed: number;
}

type Raw = Readonly<Record<string, unknown>>;

/**
 * Reads a document that breaks the schema as far as possible, so that its rules can be checked too. Replaces
 * unreadable parts by placeholders that break no rule: an invalid id, an edge between missing nodes, the mode with the
 * fewest rules.
 */
export function readableFlow(raw: Raw): ReadableFlow {
  const nodes = items(FlowDocument.properties.nodes, raw['nodes']);
  const edges = items(FlowDocument.properties.edges, raw['edges']);
  const flow: FlowDocument = {
    ...NEUTRAL,
    ...soundFields(FlowDocument, raw),
    nodes: nodes?.map(readableNode) ?? [],
    // If the list of edges cannot be read, one placeholder edge replaces them all, because any nodes may be connected.
    edges: (edges ?? [{}]).map(readableEdge),
    tests: items(FlowDocument.properties.tests, raw['tests'])?.map(readableTest) ?? [],
    ...(raw['ingress'] === undefined ? {} : { ingress: readableIngress(record(raw['ingress'])) }),
    ...(raw['recording'] === undefined ? {} : { recording: { ...LONGEST, ...soundFields(Recording, record(raw['recording'])) } }),
  };
  return { flow, unnamed: nodes?.filter(({ id }) => !Check(FlowNode.properties.id, id)).length ?? Infinity };
}

/**
 * Returns true for the placeholder of an unreadable node id, for example `#3`. Messages for people contain it in place
 * of the id.
 */
export function isStandIn(id: string): boolean {
  return /^#\d+$/.test(id);
}

const NEUTRAL: FlowDocument = {
  schema: 'flow/1',
  flowId: 'flw_unreadable',
  revision: 0,
  name: { 'zh-CN': '', en: '' },
  domain: '',
  tags: [],
  mode: 'durable',
  deadlineMs: Infinity,
  nodes: [],
  edges: [],
  tests: [],
  layout: { nodes: {}, groups: [], notes: [] },
};
const LONGEST: Recording = { level: 'full', retainDays: Infinity };

/** Reads a node. Keeps an id or a type of the wrong form, because it still identifies the node or the type. */
function readableNode(node: Raw, index: number): FlowNode {
  return {
    label: '',
    config: {},
    ...soundFields(FlowNode, node),
    id: text(node['id']) ?? `#${index + 1}`,
    type: text(node['type']) ?? '',
    ...(node['handling'] === undefined ? {} : { handling: soundFields(Handling, record(node['handling'])) }),
  };
}

function readableEdge(edge: Raw, index: number): FlowEdge {
  const end = (name: 'from' | 'to') => {
    const { node, port } = record(edge[name]);
    return { node: text(node) ?? `#${index + 1} ${name}`, port: text(port) ?? '' };
  };
  return { id: text(edge['id']) ?? `#${index + 1}`, from: end('from'), to: end('to') };
}

function readableTest(test: Raw, index: number): FlowTest {
  const mocks = Object.entries(record(test['mocks']));
  return {
    input: { data: null },
    ...soundFields(FlowTest, test),
    name: text(test['name']) ?? String(index + 1),
    // An unreadable mock counts as a mock with an unknown output, so that no missing mock is reported for the node.
    mocks: Object.fromEntries(mocks.map(([id, mock]) => [id, Check(FlowMock, mock) ? mock : { emit: {} }])),
    expect: (items(FlowTest.properties.expect, test['expect']) ?? []).map((expectation) => ({
      path: '',
      ...soundFields(FlowTestExpectation, expectation),
    })),
  };
}

function readableIngress(ingress: Raw): Ingress {
  const keys = Object.entries(record(ingress['keys'])).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  return { ...soundFields(Ingress, ingress), keys: Object.fromEntries(keys) };
}

/** Returns the fields of `value` that the schema has and accepts. */
function soundFields<T extends TObject>(schema: T, value: Raw): Partial<Static<T>> {
  const isSound = ([name, field]: [string, unknown]) => Object.hasOwn(schema.properties, name) && Check(schema.properties[name]!, field);
  return Object.fromEntries(Object.entries(value).filter(isSound)) as Partial<Static<T>>;
}

/**
 * Returns the items of a list; undefined if the list is too long, or for any other value. An item that is not an
 * object becomes an empty object.
 */
function items(schema: TSchema & { readonly maxItems?: number }, value: unknown): readonly Raw[] | undefined {
  return Array.isArray(value) && value.length <= (schema.maxItems ?? Infinity) ? value.map(record) : undefined;
}

function record(value: unknown): Raw {
  return isRecord(value) ? value : {};
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
