/**
 * Creates a flow from a hospital's WSDL: the caller's request is sent to one SOAP operation, and its response is the
 * reply.
 */
import type { FlowDocument, FlowNode, FlowTest } from '../../../../engine/contract/flow/flow-document.ts';
import type { Offer } from '../../../../engine/contract/node/node.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';
import type { Point } from '../flow/card-geometry.ts';
import type { NodeTypes } from '../flow/node-types.ts';
import { pathStep } from '../schema/sample-shape.ts';
import { sampleOf } from '../schema/schema-sample.ts';
import { starterClipboard, STARTERS, type Starter } from './starters.ts';
import { addTest } from './saved-tests.ts';
import { paste, type Pasted } from './paste.ts';

export interface SoapBeginning {
  readonly adapter: string;
  readonly offer: Offer;
  readonly language: keyof Text;
  /** Name of the adapter; used in labels. */
  readonly hospital: string;
  readonly at: Point;
}

/** Inserts the starter's chain of nodes without filled-in settings, and sets the mode that it needs. */
export function beginWithStarter(document: FlowDocument, types: NodeTypes, starter: Starter, language: keyof Text, at: Point): Pasted {
  const plan = paste(document, types, starterClipboard(types, starter, language), at);
  if ('refusal' in plan) return plan;
  const { command, pasted } = plan;
  return {
    pasted,
    command: {
      name: 'flow.begin',
      subject: starter.title[language],
      change(draft) {
        command.change(draft);
        if (starter.pushes === true) draft.mode = 'durable';
      },
    },
  };
}

const LABELS: Readonly<Record<keyof Text, { readonly to: (name: string) => string; readonly from: string; readonly test: string }>> = {
  'zh-CN': { to: (name) => `转为${name}格式`, from: '整理应答', test: '样例（按服务描述生成）' },
  en: { to: (name) => `To the form of ${name}`, from: 'Form the answer', test: 'Sample (made from the service’s description)' },
};

/**
 * Inserts the whole chain of nodes with filled-in settings. Its input and output have the fields of the operation. Adds
 * a test with a mocked reply, which can be run at once.
 */
export function beginWithSoap(document: FlowDocument, types: NodeTypes, beginning: SoapBeginning): Pasted {
  const starter = STARTERS.find(({ id }) => id === 'rest-to-soap')!;
  const chain = starterClipboard(types, starter, beginning.language);
  let maps = 0;
  const nodes = chain.nodes.map((node) => filled(node, node.type.startsWith('transform.map@') ? maps++ : 0, beginning));
  const plan = paste(document, types, { ...chain, nodes }, beginning.at);
  if ('refusal' in plan) return plan;
  const called = plan.pasted.nodes[nodes.findIndex(({ type }) => type.startsWith('soap.call@'))];
  const { command } = plan;
  return {
    pasted: plan.pasted,
    command: {
      name: 'flow.begin',
      subject: beginning.offer.name,
      change(draft) {
        command.change(draft);
        const test = called === undefined ? undefined : addTest(draft, testOf(called, beginning));
        if (test !== undefined && 'command' in test) test.command.change(draft);
      },
    },
  };
}

function filled(node: FlowNode, map: number, { adapter, offer, language, hospital }: SoapBeginning): FlowNode {
  const words = LABELS[language];
  const { takes, gives } = offer;
  switch (node.type.split('@')[0]) {
    case 'interface.call':
      return { ...node, config: { ...node.config, schema: takes } };
    case 'check.json-schema':
      return { ...node, config: { ...node.config, schema: { type: 'object', required: ['body'], properties: { body: takes } } } };
    case 'transform.map':
      return map === 0
        ? { ...node, label: words.to(hospital), config: { ...node.config, mapping: mappingOf(takes, 'data.body') } }
        : { ...node, label: words.from, config: { ...node.config, mapping: mappingOf(gives, 'data') } };
    case 'soap.call':
      return { ...node, label: offer.about ?? offer.name, adapter, config: { ...node.config, ...offer.initial, ...offer.config } };
    default:
      return node;
  }
}

/**
 * Returns a mapping that copies each field to a field of the same name. Where the two sides differ, the author changes
 * it.
 */
function mappingOf(schema: Offer['takes'], from: string) {
  const required = new Set(Array.isArray(schema['required']) ? (schema['required'] as string[]) : []);
  const rules = Object.keys((schema['properties'] ?? {}) as object).flatMap((name) => {
    const step = pathStep(name);
    if (step === undefined) return [];
    return [{ to: step, from: { path: `${from}.${step}` }, ...(from === 'data.body' && required.has(name) ? { required: true } : {}) }];
  });
  return { rules };
}

function testOf(soapId: string, { offer, language }: SoapBeginning): FlowTest {
  return {
    name: LABELS[language].test,
    input: { data: { body: sampleOf(offer.takes), query: {}, params: {} } },
    mocks: { [soapId]: { emit: { ok: sampleOf(offer.gives) } } },
    expect: [{ path: '/status', equals: 200 }],
  };
}
