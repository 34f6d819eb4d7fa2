/** A bundle carries flows with the adapters, code tables and interfaces they need from one installation to another; never a secret. */
import { Type } from 'typebox';
import { AdapterDocument, CodeTable } from '../../engine/contract/adapter.ts';
import { InterfaceDocument } from '../../gateways/documents.ts';
import { withoutSecrets } from '../audit/without-secrets.ts';
import { closed, defineAction, type Action } from './action.ts';
import { existing, FlowId } from './flows.ts';
import { flowIdsOf, importBundle, type BundleDocument } from './import-bundle.ts';
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
      subject: ({ bundle }) =>
        idsOf(bundle as BundleDocument)
          .join(' ')
          .slice(0, 500),
      run: (ctx, { bundle }) => importBundle(services, ctx, bundle as BundleDocument),
    }),
  ];
}

/** Flows first: they are what people know it by. */
function idsOf(bundle: BundleDocument): readonly string[] {
  const { interfaces = [], adapters = [], tables = [] } = bundle;
  return [
    ...flowIdsOf(bundle),
    ...interfaces.map(({ interfaceId }) => interfaceId),
    ...adapters.map(({ adapterId }) => adapterId),
    ...tables.map(({ tableId }) => tableId),
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
