/** Adapters with their connection test, code tables and secrets. */
import { Type } from 'typebox';
import { AdapterDocument, CodeTable } from '../../engine/contract/adapter.ts';
import { AppError } from '../../engine/contract/errors.ts';
import type { Health } from '../../engine/contract/node.ts';
import { canonicalJson } from '../audit/canonical-json.ts';
import type { AdapterTest } from '../registry/adapter-tests.ts';
import { withoutSecrets } from '../audit/without-secrets.ts';
import { closed, defineAction, type Action, type ActionContext } from './action.ts';
import type { FlowUse } from './flow-uses.ts';
import { existing } from './flows.ts';
import type { ControlServices } from './services.ts';
import { refuseIfUsed } from './uses.ts';

const byAdapter = Type.Object({ adapterId: Type.String({ maxLength: 64 }) }, closed);
const byTable = Type.Object({ tableId: Type.String({ maxLength: 64 }) }, closed);
const SecretName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$' });
const PROBE_MS = 15_000;

export type UsedBy = Omit<FlowUse, 'nodes'>;

export interface AdapterItem extends AdapterDocument {
  readonly usedBy: readonly UsedBy[];
  readonly lastTest?: AdapterTest;
}

export interface AdapterList {
  readonly items: readonly AdapterItem[];
}

export interface TableItem extends Omit<CodeTable, 'entries'> {
  readonly size: number;
  readonly usedBy: readonly UsedBy[];
}

export interface TableList {
  readonly items: readonly TableItem[];
}

export function bindingActions(services: ControlServices): readonly Action[] {
  return [...adapterActions(services), ...tableActions(services), ...secretActions(services)];
}

function adapterActions(services: ControlServices): readonly Action[] {
  const { bindingStore, flowUses, adapterTests } = services;
  return [
    defineAction({
      name: 'adapters.list',
      right: 'adapters.read',
      text: { 'zh-CN': '适配器列表', en: 'List adapters' },
      input: Type.Object({}, closed),
      audited: false,
      run: async (): Promise<AdapterList> => {
        const [adapters, uses, tests] = await Promise.all([bindingStore.listAdapters(), flowUses.of('adapter'), adapterTests.list()]);
        return { items: adapters.map((adapter) => adapterItem(adapter, uses, tests)) };
      },
    }),
    defineAction({
      name: 'adapters.get',
      right: 'adapters.read',
      text: { 'zh-CN': '读取适配器', en: 'Read an adapter' },
      input: byAdapter,
      audited: false,
      run: async (_ctx, { adapterId }) => existing(await bindingStore.getAdapter(adapterId), adapterId),
    }),
    defineAction({
      name: 'adapters.save',
      right: 'adapters.edit',
      text: {
        'zh-CN': '保存适配器；凭据及其发往的地址只有能管理机密的人可改',
        en: 'Save an adapter; its credential, and where it is sent, change only by who may edit secrets',
      },
      input: Type.Object({ adapterId: Type.String(), document: AdapterDocument }, closed),
      audited: true,
      subject: ({ adapterId }) => adapterId,
      async run(ctx, { adapterId, document }) {
        requireSameId(document.adapterId, adapterId);
        const before = await bindingStore.getAdapter(adapterId);
        requireSecretsRight(ctx, before, document);
        ctx.note.before = before;
        const saved = await bindingStore.saveAdapter(document, document.revision);
        ctx.note.after = saved;
        return saved;
      },
    }),
    defineAction({
      name: 'adapters.remove',
      right: 'adapters.edit',
      text: { 'zh-CN': '删除适配器', en: 'Delete an adapter' },
      input: byAdapter,
      audited: true,
      subject: ({ adapterId }) => adapterId,
      async run(ctx, { adapterId }) {
        ctx.note.before = existing(await bindingStore.getAdapter(adapterId), adapterId);
        await refuseIfUsed(services, 'adapter', adapterId);
        await adapterTests.remove(adapterId);
        return { removed: await bindingStore.removeAdapter(adapterId) };
      },
    }),
    defineAction({
      name: 'adapters.test',
      right: 'adapters.test',
      text: { 'zh-CN': '连接测试，逐步给出结果', en: 'Test the connection step by step' },
      input: byAdapter,
      audited: true,
      subject: ({ adapterId }) => adapterId,
      run: (ctx, { adapterId }) => testConnection(services, ctx, adapterId),
    }),
  ];
}

/** Who may not edit secrets must not lead one elsewhere: neither by another credential nor by another address, protocol or way to log in. */
export function requireSecretsRight(ctx: ActionContext, before: AdapterDocument | undefined, after: AdapterDocument): void {
  if (before?.credential === undefined && after.credential === undefined) return;
  const whereTo = (adapter: AdapterDocument | undefined) =>
    canonicalJson(adapter === undefined ? null : [adapter.credential ?? null, adapter.protocol, adapter.environments]);
  if (whereTo(before) !== whereTo(after)) ctx.require('secrets.edit');
}

/** The first node of the adapter's protocol that can probe does so, with the adapter as it is bound in this environment. */
async function testConnection(
  { bindings, bindingStore, nodes, clock, info, adapterTests }: ControlServices,
  ctx: ActionContext,
  adapterId: string,
): Promise<Health> {
  existing(await bindingStore.getAdapter(adapterId), adapterId);
  const adapter = bindings.adapter(adapterId);
  if (adapter === undefined) {
    throw new AppError('ADAPTER_NOT_HERE', 'input', `${adapterId} has no settings for the environment ${info.environment}.`, {
      values: { adapterId, environment: info.environment },
      fix: 'Add them under `environments`.',
    });
  }
  const definition = nodes.list().find((node) => node.kind !== 'control' && node.adapter === adapter.protocol && node.probe !== undefined);
  if (definition === undefined || definition.kind === 'control' || definition.probe === undefined) {
    throw new AppError('ADAPTER_NO_PROBE', 'input', `No node of the protocol ${adapter.protocol} can test a connection.`, {
      values: { protocol: adapter.protocol },
      fix: 'Try it with a flow.',
    });
  }
  const signal = AbortSignal.any([ctx.signal, AbortSignal.timeout(PROBE_MS)]);
  const began = clock.monotonic();
  const health = await definition.probe({ adapter, signal, clock, secret: (name) => bindings.secret(name ?? adapterId) });
  const failed = health.steps.find((step) => !step.ok);
  await adapterTests.keep(adapterId, {
    at: clock.now(),
    by: ctx.actor.account,
    ok: health.ok,
    durationMs: Math.round(clock.monotonic() - began),
    ...(failed === undefined ? {} : { failedStep: failed.name }),
  });
  return withoutSecrets(health) as Health;
}

function adapterItem(
  adapter: AdapterDocument,
  uses: ReadonlyMap<string, readonly FlowUse[]>,
  tests: ReadonlyMap<string, AdapterTest>,
): AdapterItem {
  const lastTest = tests.get(adapter.adapterId);
  return { ...adapter, usedBy: usersOf(uses, adapter.adapterId), ...(lastTest === undefined ? {} : { lastTest }) };
}

function usersOf(uses: ReadonlyMap<string, readonly FlowUse[]>, id: string): readonly UsedBy[] {
  return (uses.get(id) ?? []).map(({ flowId, name, inDraft, inPublished }) => ({ flowId, name, inDraft, inPublished }));
}

function tableActions(services: ControlServices): readonly Action[] {
  const { bindingStore, flowUses } = services;
  return [
    defineAction({
      name: 'tables.list',
      right: 'tables.read',
      text: { 'zh-CN': '代码表列表', en: 'List code tables' },
      input: Type.Object({}, closed),
      audited: false,
      run: async (): Promise<TableList> => {
        const [tables, uses] = await Promise.all([bindingStore.listTables(), flowUses.of('table')]);
        const items = tables.map(({ entries, ...table }) => ({
          ...table,
          size: Object.keys(entries).length,
          usedBy: usersOf(uses, table.tableId),
        }));
        return { items };
      },
    }),
    defineAction({
      name: 'tables.get',
      right: 'tables.read',
      text: { 'zh-CN': '读取代码表', en: 'Read a code table' },
      input: byTable,
      audited: false,
      run: async (_ctx, { tableId }) => existing(await bindingStore.getTable(tableId), tableId),
    }),
    defineAction({
      name: 'tables.save',
      right: 'tables.edit',
      text: { 'zh-CN': '保存代码表', en: 'Save a code table' },
      input: Type.Object({ tableId: Type.String(), document: CodeTable }, closed),
      audited: true,
      subject: ({ tableId }) => tableId,
      async run(ctx, { tableId, document }) {
        requireSameId(document.tableId, tableId);
        const saved = await bindingStore.saveTable(document, document.revision);
        ctx.note.after = { revision: saved.revision, size: Object.keys(saved.entries).length };
        return saved;
      },
    }),
    defineAction({
      name: 'tables.remove',
      right: 'tables.edit',
      text: { 'zh-CN': '删除代码表（有流程在用时拒绝）', en: 'Delete a code table; refused while flows use it' },
      input: byTable,
      audited: true,
      subject: ({ tableId }) => tableId,
      async run(_ctx, { tableId }) {
        await refuseIfUsed(services, 'table', tableId);
        return { removed: await bindingStore.removeTable(tableId) };
      },
    }),
  ];
}

function secretActions({ bindingStore }: ControlServices): readonly Action[] {
  return [
    defineAction({
      name: 'secrets.list',
      right: 'adapters.read',
      text: { 'zh-CN': '机密的名称及可使用它的适配器（不含值）', en: 'Names of secrets and the adapters they are meant for, never values' },
      input: Type.Object({}, closed),
      audited: false,
      run: async () => ({
        items: (await bindingStore.listSecrets()).map(({ name, adapters, updatedAt }) => ({ name, adapters, updatedAt })),
      }),
    }),
    defineAction({
      name: 'secrets.save',
      right: 'secrets.edit',
      text: {
        'zh-CN': '保存机密（SM4 加密存储）；只有 adapters 中的适配器可用它作凭据',
        en: 'Store a secret, sealed; only the adapters it lists may name it as their credential',
      },
      input: Type.Object(
        {
          name: SecretName,
          value: Type.String({ minLength: 1, maxLength: 20_000 }),
          adapters: Type.Array(AdapterDocument.properties.adapterId, { maxItems: 100, uniqueItems: true }),
        },
        closed,
      ),
      audited: true,
      subject: ({ name }) => name,
      async run(ctx, { name, value, adapters }) {
        await bindingStore.saveSecret(name, value, adapters);
        ctx.note.after = { adapters };
        return { name, adapters };
      },
    }),
    defineAction({
      name: 'secrets.remove',
      right: 'secrets.edit',
      text: { 'zh-CN': '删除机密', en: 'Delete a secret' },
      input: Type.Object({ name: SecretName }, closed),
      audited: true,
      subject: ({ name }) => name,
      run: async (_ctx, { name }) => ({ removed: await bindingStore.removeSecret(name) }),
    }),
    defineAction({
      name: 'secrets.reveal',
      right: 'secrets.reveal',
      text: { 'zh-CN': '查看机密：须说明理由，留下审计', en: 'Reveal a secret: takes a reason and leaves an audit line' },
      input: Type.Object({ name: SecretName, reason: Type.String({ minLength: 5, maxLength: 500 }) }, closed),
      audited: true,
      subject: ({ name }) => name,
      async run(ctx, { name, reason }) {
        ctx.note.reason = reason;
        return { name, value: await bindingStore.revealSecret(name) };
      },
    }),
  ];
}

export function requireSameId(inDocument: string, inPath: string): void {
  if (inDocument === inPath) return;
  throw new AppError('DOCUMENT_ID_DIFFERS', 'input', `The document is about ${inDocument}, the address about ${inPath}.`, {
    values: { inDocument, inPath },
    fix: 'Save it under its own id.',
  });
}
