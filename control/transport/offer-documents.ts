/**
 * Makes the flow and the interface that offer an operation of an adapter to callers of the bus. Both are ordinary
 * documents: durability, idempotency and unknown outcomes are those of flows, grants, limits and logs those of
 * interfaces (docs/decisions/0071).
 */
import { createHash } from 'node:crypto';
import { Type } from 'typebox';
import { Check } from 'typebox/value';
import type { AdapterDocument } from '../../engine/contract/node/adapter.ts';
import type { FlowDocument, FlowEdge, FlowNode } from '../../engine/contract/flow/flow-document.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { fieldText } from '../../engine/contract/values/texts.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import { TRANSPORT_PATH } from '../../gateways/documents/transport-path.ts';
import type { JsonSchema, TransportOperation } from './transport-operations.ts';

/** The elements of the SOAP header that callers may send. */
export const HeaderNames = Type.Array(Type.String({ pattern: '^[^\\s@#<>&"\'/=]+$', maxLength: 100 }), {
  ...fieldText(
    '调用方可发送的 SOAP 头',
    'SOAP headers of callers',
    '元素名称；未列出的头元素一律拒绝。',
    'Names of elements; a header element that is not listed is refused.',
    { example: 'RequestId' },
  ),
  maxItems: 20,
  default: [],
});

/** An operation of an adapter as it is offered. */
export interface TransportOffer {
  readonly operation: TransportOperation;
  readonly adapter: Pick<AdapterDocument, 'adapterId' | 'domain' | 'name'>;
  /** The fields of the node; `folder` for operations on files, `headers` for SOAP. */
  readonly settings: JsonSchema;
}

/** Half a minute more than adapters wait by default, for retries. */
const DEADLINE_MS = 60_000;
const BODY_LIMIT_BYTES = 10_485_760;
const MAX_ID = 60;

/** Returns the id without its prefix, the same for the same operation of the same adapter. */
export function offerKey(offer: TransportOffer): string {
  const segment = segmentOf(offer);
  const adapter = offer.adapter.adapterId.replace(/^adp_/, '');
  const whole = `transport-${offer.operation.protocol}-${segment}-${adapter}`;
  // With a dash in the name of the operation, two offers could be joined to the same text.
  const isPlain = offer.operation.protocol !== 'soap' || /^[A-Za-z0-9_]+$/.test(segment);
  if (isPlain && /^[A-Za-z0-9_-]+$/.test(whole) && whole.length <= MAX_ID) return whole;
  const digest = createHash('sha256')
    .update(JSON.stringify([segment, adapter]))
    .digest('hex')
    .slice(0, 16);
  return `${whole.replace(/[^A-Za-z0-9_-]/g, '-').slice(0, MAX_ID - digest.length - 1)}-${digest}`;
}

export function pathOfOffer(offer: TransportOffer): string {
  return `${TRANSPORT_PATH}${offer.operation.protocol}/${segmentOf(offer)}/${offer.adapter.adapterId}`;
}

/**
 * Returns the name of the operation in the path. A SOAP adapter is offered by operation of its service, so that a grant
 * for one never covers another.
 */
function segmentOf({ operation, settings }: TransportOffer): string {
  if (operation.protocol !== 'soap') return operation.operation;
  const name = settings['operation'];
  if (typeof name === 'string' && /^[A-Za-z0-9._~-]{1,200}$/.test(name)) return name;
  throw new AppError('TRANSPORT_OPERATION_NAME', 'input', 'The SOAP operation cannot be part of a path.', {
    fix: 'Name an operation of letters, digits, dots and dashes. For any other, build a flow and publish it as an interface.',
  });
}

export function flowOfOffer(offer: TransportOffer, revision: number): FlowDocument {
  const { operation, adapter } = offer;
  const { refusal } = operation;
  const body = bodyOf(offer);
  const nodes: FlowNode[] = [
    { id: 'n_call', type: 'interface.call@1', label: '接口请求', config: body === undefined ? {} : { schema: body } },
    { id: 'n_act', type: operation.nodeType, label: operation.text.label['zh-CN'], adapter: adapter.adapterId, config: configOf(offer) },
    { id: 'n_reply', type: 'control.reply@1', label: '回复', config: replyOf(operation) },
  ];
  const edges: FlowEdge[] = [edge('e_1', 'n_call', 'out', 'n_act'), edge('e_2', 'n_act', 'ok', 'n_reply')];
  const places: Record<string, [number, number]> = { n_call: [0, 0], n_act: [260, 0], n_reply: [520, 0] };
  if (refusal !== undefined) {
    nodes.push({ id: 'n_refuse', type: 'control.reply@1', label: '对方拒绝', config: { status: 422, body: { expression: refusal.body } } });
    edges.push(edge('e_3', 'n_act', refusal.port, 'n_refuse'));
    places['n_refuse'] = [520, 140];
  }
  return {
    ...{ schema: 'flow/1', flowId: `flw_${offerKey(offer)}`, revision, name: nameOf(offer), domain: adapter.domain },
    ...{ tags: ['transport'], mode: 'sync', deadlineMs: DEADLINE_MS, nodes, edges, tests: [] },
    layout: { nodes: places, groups: [], notes: [] },
  };
}

function edge(id: string, from: string, port: string, to: string): FlowEdge {
  return { id, from: { node: from, port }, to: { node: to, port: 'in' } };
}

function replyOf({ answerType }: TransportOperation): JsonSchema {
  return answerType === undefined ? {} : { mediaType: answerType };
}

/**
 * Returns the schema of the body. Callers of a SOAP operation may send only the header elements that were named: any
 * other one, such as a ReplyTo of WS-Addressing, could change what the receiver does.
 */
function bodyOf({ operation, settings }: TransportOffer): JsonSchema | undefined {
  const names = headersOf(settings);
  if (names.length === 0) return operation.body;
  const header = { type: 'object', properties: Object.fromEntries(names.map((name) => [name, {}])), additionalProperties: false };
  return { ...operation.body, properties: { ...(operation.body!['properties'] as JsonSchema), header } };
}

function headersOf({ headers = [] }: JsonSchema): readonly string[] {
  if (Check(HeaderNames, headers)) return headers;
  throw new AppError('TRANSPORT_HEADERS', 'input', 'The header elements that callers may send are not a list of names.', {
    fix: 'Give at most 20 names of elements, without @.',
  });
}

function configOf({ operation, settings }: TransportOffer): Record<string, unknown> {
  const { folder = '', headers: _headers, ...rest } = settings;
  if (operation.takesFolder === undefined) return { ...rest, ...operation.takes };
  const path = operation.takes['path'];
  // A brace would be a placeholder, which the caller could fill.
  if (typeof folder !== 'string' || /[{}]/.test(folder)) throw folderWrong();
  if (path === undefined) return { ...rest, ...operation.takes, folder };
  return { ...rest, ...operation.takes, path: folder === '' ? path : `${folder.replace(/\/+$/, '')}/${String(path)}` };
}

function folderWrong(): AppError {
  return new AppError('TRANSPORT_FOLDER', 'input', 'The folder of a file operation is fixed; it has no placeholders.', {
    fix: 'Name one folder, and offer other folders by further adapters.',
  });
}

export function interfaceOfOffer(offer: TransportOffer): InterfaceDocument {
  const { operation, adapter, settings } = offer;
  const reads = operation.reads || settings['reads'] === true;
  const key = offerKey(offer);
  const body = bodyOf(offer);
  return {
    ...{ interfaceId: `ifc_${key}`, revision: 0, name: nameOf(offer), description: operation.text.help, domain: adapter.domain },
    ...{ front: 'bus', method: 'POST', path: pathOfOffer(offer), state: 'online', dataClass: 'sensitive' },
    target: { kind: 'flow', flowId: `flw_${key}` },
    ...{ timeoutMs: DEADLINE_MS, timeoutRetries: 0, exceptionRetries: 0, bodyLimitBytes: BODY_LIMIT_BYTES },
    ...(reads ? { idempotent: true } : { requireIdempotencyKey: true }),
    ...(body === undefined ? {} : { requestSchema: body }),
    ...(operation.query === undefined ? {} : { querySchema: operation.query }),
    responseSchema: operation.answer,
    policies: {
      // Only apps of the adapter's own domain, until a person allows others.
      'caller-domain': { domains: [] },
      // No JSON: the gateway would read it, and another text would be written.
      ...(operation.body === undefined ? { 'media-type': { accept: ['application/octet-stream'] } } : {}),
    },
    log: 'none',
  };
}

function nameOf(offer: TransportOffer): FlowDocument['name'] {
  const { operation, adapter } = offer;
  const what = operation.protocol === 'soap' ? { 'zh-CN': segmentOf(offer), en: segmentOf(offer) } : operation.text.label;
  const join = (language: 'zh-CN' | 'en') => `${what[language].slice(0, 60)} · ${adapter.name[language].slice(0, 60)}`;
  return { 'zh-CN': join('zh-CN'), en: join('en') };
}
