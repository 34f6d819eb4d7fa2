/** Actions that offer operations of adapters to callers of the bus: the transport API (docs/decisions/0071). */
import { isDeepStrictEqual } from 'node:util';
import { Type } from 'typebox';
import type { AdapterDocument } from '../../engine/contract/node/adapter.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { fieldText, type Text } from '../../engine/contract/values/texts.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';
import type { NodeRegistry } from '../../engine/registry/load-nodes.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import { TRANSPORT_PATH } from '../../gateways/documents/transport-path.ts';
import { existing, type DomainScope } from '../access/domains.ts';
import { type Action, type ActionContext, closed, defineAction } from '../action/action.ts';
import { all } from '../action/owners.ts';
import type { ControlEvents } from '../flows/flow-events.ts';
import { requirePublishable, type FlowReferencesServices } from '../flows/flow-references.ts';
import { interfaceInvalid, interfaceProblems, type InterfaceServices } from '../interfaces/interfaces.ts';
import { flowOfOffer, HeaderNames, interfaceOfOffer, type TransportOffer } from './offer-documents.ts';
import { nameOfOperation, TRANSPORT_OPERATIONS, type JsonSchema, type TransportOperation } from './transport-operations.ts';

export interface TransportServices extends InterfaceServices, FlowReferencesServices {
  readonly bindingStore: BindingStore;
  readonly nodes: NodeRegistry;
  readonly events: ControlEvents;
}

export interface OfferedOperation {
  readonly interfaceId: string;
  readonly name: Text;
  readonly path: string;
  readonly state: InterfaceDocument['state'];
}

export interface OperationItem {
  /** Such as `mail.send`. */
  readonly operation: string;
  readonly text: { readonly label: Text; readonly help: Text };
  /** JSON Schema 2020-12 of what is filled in to offer it; `text` holds the texts of a field. */
  readonly settings: JsonSchema;
  readonly offered: readonly OfferedOperation[];
}

const AdapterId = Type.String({ maxLength: 64 });

export function transportActions(services: TransportServices): readonly Action[] {
  return [listOperations(services), offerOperation(services)];
}

function listOperations(services: TransportServices): Action {
  const { owners, bindingStore } = services;
  return defineAction({
    name: 'transport.list',
    right: 'interfaces.read',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: {
      'zh-CN': '适配器可开放的传输操作，及已开放的接口',
      en: 'Transport operations of an adapter, with the interfaces that offer them',
    },
    input: Type.Object({ adapterId: AdapterId }, closed),
    audited: false,
    async run({ domains }, { adapterId }): Promise<{ readonly items: readonly OperationItem[] }> {
      const adapter = existing(await bindingStore.getAdapter(adapterId), adapterId);
      const interfaces = domains.keep(await services.registry.interfaces.list());
      return { items: operationsOf(adapter).map((operation) => describe(services, operation, adapter, interfaces)) };
    },
  });
}

function offerOperation(services: TransportServices): Action {
  const { owners, bindingStore } = services;
  return defineAction({
    name: 'transport.offer',
    right: 'interfaces.publish',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: {
      'zh-CN': '开放适配器的一个传输操作：发布流程和总线接口；已开放的只更新设置',
      en: 'Offer a transport operation of an adapter: publishes a flow and a bus interface, or updates the settings of an offered one',
    },
    input: Type.Object(
      {
        adapterId: AdapterId,
        operation: Type.String({ maxLength: 40 }),
        settings: Type.Record(Type.String({ maxLength: 40 }), Type.Unknown(), { maxProperties: 40 }),
      },
      closed,
    ),
    audited: true,
    subject: ({ adapterId, operation }) => `${adapterId} ${operation}`,
    async run(ctx, { adapterId, operation: name, settings }): Promise<InterfaceDocument> {
      for (const right of ['interfaces.edit', 'flows.edit', 'flows.publish'] as const) ctx.require(right);
      const adapter = existing(await bindingStore.getAdapter(adapterId), adapterId);
      const operation = operationsOf(adapter).find((one) => nameOfOperation(one) === name);
      if (operation === undefined) throw unknownOperation(adapter);
      const fields = fieldsOf(services, operation);
      const unknown = Object.keys(settings).filter((field) => !Object.hasOwn(fields, field));
      if (unknown.length > 0) throw unknownSettings(unknown);
      return publishOffer(services, ctx, { operation, adapter, settings });
    },
  });
}

/** Publishes the flow first, so that the interface never leads to nothing. */
async function publishOffer(services: TransportServices, ctx: ActionContext, offer: TransportOffer): Promise<InterfaceDocument> {
  const { catalog, registry, plans, events } = services;
  const wanted = interfaceOfOffer(offer);
  const { interfaceId } = wanted;
  const before = await registry.interfaces.get(interfaceId);
  const flow = flowOfOffer(offer, 0);
  const draft = await catalog.draft(flow.flowId);
  requireDomain(ctx.domains, [before, draft]);
  const saved = await catalog.saveDraft({ ...flow, revision: draft?.revision ?? 0 }, ctx.actor.account);
  events.draftSaved(saved);
  if (before === undefined) {
    const issues = await interfaceProblems(services, wanted, ctx.actor.account);
    if (issues.some(({ severity }) => severity === 'error')) throw interfaceInvalid(issues);
  }
  await requirePublishable(services, ctx.domains, saved, { mayRequest: false });
  const kept = before && (await asOffered(services, before, wanted));
  const note = `transport ${offer.operation.protocol} ${offer.adapter.adapterId}`;
  const report = await catalog.publish(flow.flowId, ctx.actor.account, ctx.signal, { note, revision: saved.revision });
  events.flowPublished(flow.flowId, report.version);
  const offered = kept ?? (await registry.interfaces.save(wanted));
  plans.changed();
  ctx.note.before = before;
  ctx.note.after = { interfaceId, path: offered.path, flowId: flow.flowId, version: report.version };
  return offered;
}

/**
 * Changes an interface that was offered before only in what must fit the new settings. An operation that was offered as
 * a read must not be repeated by gateways any more, before it writes.
 */
async function asOffered({ registry, plans }: TransportServices, before: InterfaceDocument, wanted: InterfaceDocument) {
  const { idempotent, ...others } = withHeaderOf(before, wanted);
  const asWrite = { ...others, requireIdempotencyKey: true, timeoutRetries: 0, exceptionRetries: 0 };
  const changed = idempotent === true && wanted.idempotent !== true ? asWrite : { ...others, ...(idempotent && { idempotent }) };
  if (isDeepStrictEqual(changed, before)) return before;
  const saved = await registry.interfaces.save(changed);
  plans.changed();
  return saved;
}

/** Takes the header elements that callers may send from the new offer; the rest of the schema may be a person's own. */
function withHeaderOf(before: InterfaceDocument, { requestSchema: wanted }: InterfaceDocument): InterfaceDocument {
  if (before.requestSchema === undefined || wanted === undefined) return before;
  const { header: _old, ...properties } = (before.requestSchema['properties'] ?? {}) as JsonSchema;
  const { header } = wanted['properties'] as JsonSchema;
  return {
    ...before,
    requestSchema: { ...before.requestSchema, properties: { ...properties, ...(header === undefined ? {} : { header }) } },
  };
}

/** The adapter may have moved to another domain since its operation was offered. */
function requireDomain(domains: DomainScope, documents: readonly ({ readonly domain: string } | undefined)[]): void {
  if (documents.every((document) => document === undefined || domains.holds(document.domain))) return;
  throw new AppError('DOMAIN_NOT_HELD', 'input', 'The operation was offered in a domain that your account does not have.', {
    fix: 'Ask someone who has that domain.',
  });
}

function operationsOf({ protocol }: AdapterDocument): readonly TransportOperation[] {
  return TRANSPORT_OPERATIONS.filter(({ adapterProtocol }) => adapterProtocol === protocol);
}

function describe(
  services: TransportServices,
  operation: TransportOperation,
  { adapterId }: AdapterDocument,
  interfaces: readonly InterfaceDocument[],
): OperationItem {
  const { protocol, text } = operation;
  const start = protocol === 'soap' ? `${TRANSPORT_PATH}soap/` : `${TRANSPORT_PATH}${protocol}/${operation.operation}/`;
  const offered = interfaces.filter(({ front, path }) => front === 'bus' && path.startsWith(start) && path.endsWith(`/${adapterId}`));
  return {
    operation: nameOfOperation(operation),
    text,
    settings: settingsOf(services, operation),
    offered: offered.map(({ interfaceId, name, path, state }) => ({ interfaceId, name, path, state })),
  };
}

const folder = Type.String({
  ...fieldText(
    '目录',
    'Folder',
    '相对于适配器的目录；空白即该目录本身。调用方不能离开它。',
    'Relative to the folder of the adapter; empty for that folder itself. Callers cannot leave it.',
    { example: 'reports' },
  ),
  maxLength: 500,
  default: '',
});

function fieldsOf(
  { nodes }: Pick<TransportServices, 'nodes'>,
  { nodeType, settings, takesFolder, takesHeaders }: TransportOperation,
): JsonSchema {
  const { properties = {} } = (nodes.get(nodeType)?.config ?? {}) as { readonly properties?: JsonSchema };
  const own = settings.filter((name) => Object.hasOwn(properties, name)).map((name) => [name, properties[name]] as const);
  const headers = takesHeaders === undefined ? {} : { headers: HeaderNames };
  return { ...(takesFolder === undefined ? {} : { folder }), ...Object.fromEntries(own), ...headers };
}

/** The fields are those of the node, so that they have its texts and its limits. */
function settingsOf(services: Pick<TransportServices, 'nodes'>, operation: TransportOperation): JsonSchema {
  const { required = [] } = (services.nodes.get(operation.nodeType)?.config ?? {}) as { readonly required?: readonly string[] };
  const properties = fieldsOf(services, operation);
  const schema = { type: 'object', properties, required: required.filter((name) => Object.hasOwn(properties, name)) };
  return JSON.parse(JSON.stringify({ ...schema, additionalProperties: false })) as JsonSchema;
}

function unknownOperation({ adapterId, protocol }: AdapterDocument): AppError {
  return new AppError('TRANSPORT_OPERATION_UNKNOWN', 'input', `Adapter ${adapterId} (${protocol}) has no such transport operation.`, {
    values: { adapterId, protocol },
    fix: 'Choose one that `transport.list` names for the adapter.',
  });
}

function unknownSettings(names: readonly string[]): AppError {
  const fields = names.slice(0, 5).join(', ').slice(0, 200);
  return new AppError('TRANSPORT_SETTINGS', 'input', `The operation has no such settings: ${fields}.`, {
    values: { fields },
    fix: 'Leave them out; `transport.list` names the settings of the operation.',
  });
}
