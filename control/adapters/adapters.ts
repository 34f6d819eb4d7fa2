/** Adapters and their connection test. */
import { Type } from 'typebox';
import { AdapterDocument } from '../../engine/contract/node/adapter.ts';
import type { AppError } from '../../engine/contract/values/errors.ts';
import type { AdapterType } from '../../engine/contract/node/adapter-type.ts';
import { refusalWithin } from '../../engine/outbound/refusal-within.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import { canonicalJson } from '../audit/canonical-json.ts';
import type { AdapterTest, AdapterTests } from './adapter-tests.ts';
import { closed, defineAction, type Action, type ActionContext } from '../action/action.ts';
import { callsOf, reportCalls, type CallState } from './call-states.ts';
import { type DomainRequirement, existing } from '../access/domains.ts';
import { type FlowUses, type UsedBy, usersOf } from '../flows/flow-uses.ts';
import { readOffers } from './read-offers.ts';
import { requireSameId } from '../action/require-same-id.ts';
import { all, type Owners, saving } from '../action/owners.ts';
import { onlyPage, type Page, pageOf } from '../action/pages.ts';
import { proberOf, testSaved, testUnsaved } from './test-adapter.ts';
import { refuseIfUsed } from '../flows/uses.ts';
import { sourcesOf } from '../registry/fill-in-instances.ts';
import type { Registry } from '../registry/registry.ts';
import { refuseIfNamed } from '../security/refuse-if-named.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Bindings, BindingStore } from '../../engine/bindings/interface.ts';
import type { NodeRegistry } from '../../engine/registry/load-nodes.ts';
import type { FileAccess } from '../../engine/contract/node/file-access.ts';
import type { Outbound } from '../../engine/outbound/open-outbound.ts';
import type { ControlInfo } from '../action/control-info.ts';
import type { EngineView } from '../action/engine-view.ts';

export interface AdapterServices {
  readonly clock: Clock;
  readonly bindings: Bindings;
  readonly bindingStore: BindingStore;
  readonly outbound: Outbound;
  readonly files: FileAccess;
  readonly nodes: NodeRegistry;
  readonly engine: EngineView;
  readonly flowUses: FlowUses;
  readonly owners: Owners;
  readonly adapterTests: AdapterTests;
  readonly info: ControlInfo;
  readonly registry: Registry;
}

const byAdapter = Type.Object({ adapterId: Type.String({ maxLength: 64 }) }, closed);

export interface AdapterItem extends AdapterDocument {
  readonly usedBy: readonly UsedBy[];
  readonly lastTest?: AdapterTest;
  /** The state of the adapter's calls; absent if there were none. */
  readonly calls?: CallState;
}

export interface AdapterTypeDescription {
  readonly protocol: string;
  /** Served at `/icons/<icon>.svg`. */
  readonly icon: string;
  readonly text: AdapterType['text'];
  /** The setting whose options are offered with the protocol. */
  readonly choice?: string;
  /** JSON Schema 2020-12 of the settings for one environment; `text` holds the texts of a field. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly credential?: Text;
  readonly hasCharset: boolean;
  /** True if a connection can be tested step by step. */
  readonly canProbe: boolean;
}

export interface AdapterTypeList {
  readonly items: readonly AdapterTypeDescription[];
}

export function adapterActions(services: AdapterServices): readonly Action[] {
  return [
    listAdapters(services),
    getAdapter(services),
    readAdapterCalls(services),
    saveAdapter(services),
    removeAdapter(services),
    testAdapter(services),
    tryUnsavedAdapter(services),
    listOffers(services),
    listAdapterTypes(services),
  ];
}

function listAdapters({ bindingStore, flowUses, adapterTests, engine, clock }: AdapterServices): Action {
  return defineAction({
    name: 'adapters.list',
    right: 'adapters.read',
    domain: 'filtered',
    text: { 'zh-CN': '适配器列表', en: 'List adapters' },
    input: onlyPage,
    audited: false,
    run: async ({ domains }, wish): Promise<Page<AdapterItem>> => {
      const [adapters, uses, tests, calls] = await Promise.all([
        bindingStore.listAdapters(),
        flowUses.of('adapter'),
        adapterTests.list(),
        engine.processes.adapterCalls(),
      ]);
      const { items, ...rest } = pageOf(domains.keep(adapters), ({ adapterId }) => [adapterId], wish);
      const described = items.map((adapter): AdapterItem => {
        const { adapterId } = adapter;
        const lastTest = tests.get(adapterId);
        return {
          ...adapter,
          usedBy: usersOf(uses, adapterId, domains),
          ...(lastTest === undefined ? {} : { lastTest }),
          ...callsOf(calls.get(adapterId), clock.now()),
        };
      });
      return { items: described, ...rest };
    },
  });
}

function getAdapter({ bindingStore, owners }: AdapterServices): Action {
  return defineAction({
    name: 'adapters.get',
    right: 'adapters.read',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: { 'zh-CN': '读取适配器', en: 'Read an adapter' },
    input: byAdapter,
    audited: false,
    run: async (_ctx, { adapterId }) => existing(await bindingStore.getAdapter(adapterId), adapterId),
  });
}

function readAdapterCalls({ owners, engine, clock }: AdapterServices): Action {
  return defineAction({
    name: 'adapters.calls',
    right: 'adapters.read',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: { 'zh-CN': '适配器的调用情况：当前状态与最近的流量', en: 'State and recent traffic of an adapter' },
    input: byAdapter,
    audited: false,
    run: async (_ctx, { adapterId }) =>
      reportCalls(engine, (await engine.processes.adapterCalls()).get(adapterId), 'adapter', adapterId, clock.now()),
  });
}

function saveAdapter(services: AdapterServices): Action {
  const { bindingStore } = services;
  return defineAction({
    name: 'adapters.save',
    right: 'adapters.edit',
    domain: ({ adapterId, document }) => savingAdapter(services, adapterId, document),
    text: {
      'zh-CN': '保存适配器；凭据及其发往的地址只有能管理凭据的人可改',
      en: 'Save an adapter; changing its credential, or where it is sent, also requires the right to edit secrets',
    },
    input: Type.Object({ adapterId: AdapterDocument.properties.adapterId, document: AdapterDocument }, closed),
    audited: true,
    subject: ({ adapterId }) => adapterId,
    async run(ctx, { adapterId, document }) {
      requireSameId(document.adapterId, adapterId);
      const before = await bindingStore.getAdapter(adapterId);
      requireSecretsRight(ctx, before, document);
      const refusal = await forbiddenTarget(services, document);
      if (refusal !== undefined) throw refusal;
      ctx.note.before = before;
      const saved = await bindingStore.saveAdapter(document, document.revision);
      ctx.note.after = saved;
      return saved;
    },
  });
}

function removeAdapter(services: AdapterServices): Action {
  const { bindingStore, adapterTests, owners, engine } = services;
  return defineAction({
    name: 'adapters.remove',
    right: 'adapters.edit',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: { 'zh-CN': '删除适配器', en: 'Delete an adapter' },
    input: byAdapter,
    audited: true,
    subject: ({ adapterId }) => adapterId,
    async run(ctx, { adapterId }) {
      ctx.note.before = existing(await bindingStore.getAdapter(adapterId), adapterId);
      await refuseIfUsed(services, 'adapter', adapterId);
      await refuseIfNamed(services.registry, adapterId, (document) => sourcesOf(document).some((source) => source.adapterId === adapterId));
      await adapterTests.remove(adapterId);
      const removed = await bindingStore.removeAdapter(adapterId);
      await engine.processes.endCalls('adapter', adapterId);
      return { removed };
    },
  });
}

function testAdapter(services: AdapterServices): Action {
  const { owners } = services;
  return defineAction({
    name: 'adapters.test',
    right: 'adapters.test',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: { 'zh-CN': '连接测试，逐步给出结果', en: 'Test the connection step by step' },
    input: byAdapter,
    audited: true,
    subject: ({ adapterId }) => adapterId,
    run: (ctx, { adapterId }) => testSaved(services, ctx, adapterId),
  });
}

function tryUnsavedAdapter(services: AdapterServices): Action {
  const { bindingStore } = services;
  return defineAction({
    name: 'adapters.try',
    right: 'adapters.test',
    domain: ({ document }) => savingAdapter(services, document.adapterId, document),
    text: {
      'zh-CN': '用尚未保存的设置测试连接；须能编辑适配器，凭据去向有变时还须能管理凭据',
      en: 'Test the connection with settings that are not saved; requires the right to edit adapters, and also secrets if a credential would be sent to a new address',
    },
    input: Type.Object({ document: AdapterDocument }, closed),
    audited: true,
    subject: ({ document }) => document.adapterId,
    async run(ctx, { document }) {
      ctx.require('adapters.edit');
      requireSecretsRight(ctx, await bindingStore.getAdapter(document.adapterId), document);
      return testUnsaved(services, ctx, document);
    },
  });
}

function listOffers(services: AdapterServices): Action {
  const { owners } = services;
  return defineAction({
    name: 'adapters.offers',
    right: 'adapters.test',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: {
      'zh-CN': '对方系统自述的操作（如 SOAP 服务的 WSDL），含收发数据的格式',
      en: 'The operations that the other side describes (in the WSDL of a SOAP service), with the structure of their input and output',
    },
    input: Type.Object({ ...byAdapter.properties, nodeType: Type.Optional(Type.String({ maxLength: 100 })) }, closed),
    audited: false,
    run: (ctx, input) => readOffers(services, ctx, input),
  });
}

function listAdapterTypes(services: AdapterServices): Action {
  return defineAction({
    name: 'adapters.types',
    right: 'adapters.read',
    domain: 'none',
    text: { 'zh-CN': '适配器类型：说明、设置模式', en: 'Adapter types: help, schemas of their settings' },
    input: Type.Object({}, closed),
    audited: false,
    run: async (): Promise<AdapterTypeList> => ({
      items: (services.nodes.adapterTypes?.() ?? []).map((type) => describeAdapterType(services, type)),
    }),
  });
}

/**
 * Returns the domains that saving an adapter requires. A new credential must be one that the person may see, because an
 * error about any other credential would reveal its name.
 */
export async function savingAdapter(
  { owners, bindingStore }: Pick<AdapterServices, 'owners' | 'bindingStore'>,
  adapterId: string,
  { domain, credential }: AdapterDocument,
): Promise<readonly DomainRequirement[]> {
  const demands = await saving(owners.adapter(adapterId), { domain });
  if (credential === undefined || credential === (await bindingStore.getAdapter(adapterId))?.credential) return demands;
  return [...demands, await owners.secret(credential)];
}

/**
 * Throws PERMISSION_DENIED (input) if a person without the right to edit secrets changes where a secret is sent: by
 * naming another credential, or by changing the protocol or settings of an adapter that has one.
 */
export function requireSecretsRight(ctx: ActionContext, before: AdapterDocument | undefined, after: AdapterDocument): void {
  if (before?.credential === undefined && after.credential === undefined) return;
  const whereTo = (adapter: AdapterDocument | undefined) =>
    canonicalJson(adapter === undefined ? null : [adapter.credential ?? null, adapter.protocol, adapter.environments]);
  if (whereTo(before) !== whereTo(after)) ctx.require('secrets.edit');
}

/**
 * Returns OUTBOUND_REFUSED (input) if this environment would block the connection. An adapter whose host name DNS does
 * not know yet may be saved.
 */
export async function forbiddenTarget(
  { nodes, bindingStore, outbound, info, clock }: AdapterServices,
  document: AdapterDocument,
): Promise<AppError | undefined> {
  const settings = Object.hasOwn(document.environments, info.environment) ? document.environments[info.environment] : undefined;
  const type = nodes.adapterTypes?.().find(({ protocol }) => protocol === document.protocol);
  if (settings === undefined || type?.connectsTo === undefined || bindingStore.adapterIssues(document).length > 0) return undefined;
  for (const { host, port } of type.connectsTo(settings)) {
    const refusal = await refusalWithin(outbound.guard, host, port, clock);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function describeAdapterType(
  services: AdapterServices,
  { settings, protocol, icon, text, choice, credential, hasCharset }: AdapterType,
): AdapterTypeDescription {
  return {
    ...{ protocol, icon, text, hasCharset },
    ...(credential === undefined ? {} : { credential }),
    ...(choice === undefined ? {} : { choice }),
    settings: JSON.parse(JSON.stringify(settings)) as Record<string, unknown>,
    canProbe: proberOf(services.nodes, protocol) !== undefined,
  };
}
