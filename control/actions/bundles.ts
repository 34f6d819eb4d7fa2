/** A bundle carries flows with the adapters, code tables and interfaces they need from one installation to another; never a secret. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Type, type Static } from 'typebox';
import { AdapterDocument, CodeTable } from '../../engine/contract/adapter.ts';
import { AppError, type Issue } from '../../engine/contract/errors.ts';
import { type FlowDocument } from '../../engine/contract/flow-document.ts';
import { InterfaceDocument } from '../../gateways/documents.ts';
import { withoutSecrets } from '../audit/without-secrets.ts';
import { requireSecretsRight } from './adapters.ts';
import { closed, defineAction, type Action, type ActionContext } from './action.ts';
import { existing, FlowId } from './flows.ts';
import type { ControlServices } from './services.ts';
import { exportFlow } from './shown-flow.ts';

const Many = (of: ReturnType<typeof Type.Unknown>) => Type.Optional(Type.Array(of, { maxItems: 1000 }));

const Bundle = Type.Object(
  {
    schema: Type.Literal('bundle/1'),
    adapters: Many(AdapterDocument as never),
    tables: Many(CodeTable as never),
    flows: Many(Type.Unknown()),
    interfaces: Many(InterfaceDocument as never),
  },
  closed,
);

interface BundleDocument {
  readonly schema: 'bundle/1';
  readonly adapters?: readonly AdapterDocument[];
  readonly tables?: readonly CodeTable[];
  readonly flows?: readonly Static<typeof FlowDocument>[];
  readonly interfaces?: readonly InterfaceDocument[];
}

export function bundleActions(services: ControlServices): readonly Action[] {
  return [
    defineAction({
      name: 'bundles.export',
      right: 'flows.read',
      text: { 'zh-CN': '导出流程及其所需（不含任何机密）', en: 'Export flows and what they need, without secrets' },
      input: Type.Object({ flowIds: Type.Optional(Type.Array(FlowId, { maxItems: 1000 })) }, closed),
      audited: true,
      subject: ({ flowIds }) => (flowIds === undefined ? 'all' : flowIds.join(' ').slice(0, 500)),
      run: async ({ actor }, { flowIds }) => {
        const { flows = [], ...bundle } = await exportBundle(services, flowIds);
        return { ...bundle, flows: flows.map((flow) => exportFlow(flow, actor)) };
      },
    }),
    defineAction({
      name: 'bundles.import',
      right: 'flows.edit',
      text: { 'zh-CN': '导入：覆盖同名草稿，不发布流程', en: 'Import over drafts of the same ids; publishes no flow' },
      input: Type.Object({ bundle: Bundle }, closed),
      audited: true,
      run: (ctx, { bundle }) => importBundle(services, ctx, bundle as BundleDocument),
    }),
  ];
}

async function exportBundle(
  { catalog, bindingStore, registry }: ControlServices,
  flowIds: readonly string[] | undefined,
): Promise<BundleDocument> {
  const ids = flowIds ?? (await catalog.list()).map((flow) => flow.flowId);
  const flows = await Promise.all(ids.map(async (flowId) => existing(await catalog.draft(flowId), flowId)));
  const adapterIds = new Set(flows.flatMap((flow) => flow.nodes.map((node) => node.adapter)));
  const adapters = (await bindingStore.listAdapters()).filter((adapter) => adapterIds.has(adapter.adapterId));
  const interfaces = (await registry.interfaces.list()).filter((item) => item.target.kind === 'flow' && ids.includes(item.target.flowId));
  return {
    schema: 'bundle/1',
    adapters: withoutSecrets(adapters) as typeof adapters,
    tables: await bindingStore.listTables(),
    flows,
    interfaces,
  };
}

async function importBundle(
  { catalog, bindingStore, registry, plans, checkSavedInterface }: ControlServices,
  ctx: ActionContext,
  bundle: BundleDocument,
) {
  const { adapters = [], tables = [], flows = [], interfaces = [] } = bundle;
  if (adapters.length > 0) ctx.require('adapters.edit');
  if (tables.length > 0) ctx.require('tables.edit');
  if (interfaces.length > 0) ctx.require('interfaces.edit');
  for (const adapter of adapters) requireSecretsRight(ctx, await bindingStore.getAdapter(adapter.adapterId), adapter);
  const below = (place: string, issues: readonly Issue[]) => issues.map((issue) => ({ ...issue, path: place + issue.path }));
  const wrong = adapters.flatMap((adapter, index) => below(`/adapters/${index}`, bindingStore.adapterIssues(adapter)));
  for (const [index, item] of interfaces.entries()) {
    wrong.push(...below(`/interfaces/${index}`, checkSavedInterface(item)));
    // A thousand of them take seconds, in which this process has others to serve.
    await nextTurn();
  }
  for (const [index, flow] of flows.entries()) wrong.push(...below(`/flows/${index}`, await whatKeepsFromSaving(catalog, flow)));
  if (wrong.some((issue) => issue.severity === 'error')) {
    throw new AppError('BUNDLE_INVALID', 'input', 'Some adapters, interfaces or flows of the bundle are not valid; nothing was imported.', {
      issues: wrong,
      fix: 'Change what the issues name.',
    });
  }
  const total = adapters.length + tables.length + flows.length + interfaces.length;
  let done = 0;
  const step = (kind: string, id: string) => ctx.progress({ kind, id, done: ++done, of: total });
  for (const adapter of adapters) {
    const revision = (await bindingStore.getAdapter(adapter.adapterId))?.revision ?? 0;
    await bindingStore.saveAdapter({ ...adapter, revision }, revision);
    step('adapter', adapter.adapterId);
  }
  for (const table of tables) {
    const revision = (await bindingStore.getTable(table.tableId))?.revision ?? 0;
    await bindingStore.saveTable({ ...table, revision }, revision);
    step('table', table.tableId);
  }
  for (const flow of flows) {
    await catalog.saveDraft({ ...flow, revision: (await catalog.draft(flow.flowId))?.revision ?? 0 }, ctx.actor.account);
    step('flow', flow.flowId);
  }
  for (const item of interfaces) {
    await registry.interfaces.save({ ...item, revision: (await registry.interfaces.get(item.interfaceId))?.revision ?? 0 });
    step('interface', item.interfaceId);
  }
  if (interfaces.length > 0) plans.changed();
  ctx.note.after = { adapters: adapters.length, tables: tables.length, flows: flows.length, interfaces: interfaces.length };
  return ctx.note.after;
}

/**
 * Drafts may break rules, but not the schema; whoever has to mend that hears of the broken rules too. Adapters and tables that are not here may
 * come with the bundle.
 */
async function whatKeepsFromSaving(catalog: ControlServices['catalog'], flow: unknown): Promise<readonly Issue[]> {
  const issues = await catalog.validate(flow);
  if (!issues.some(({ code }) => code === 'FLOW_SCHEMA')) return [];
  return issues.filter(({ code }) => code !== 'FLOW_ADAPTER_UNKNOWN' && code !== 'FLOW_TABLE_UNKNOWN');
}
