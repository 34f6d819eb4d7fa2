/** Published versions of a flow: their content, their differences and their open executions. */
import { Type } from 'typebox';
import type { FlowDocument, FlowVersion } from '../../engine/contract/flow/flow-document.ts';
import { diffFlows } from '../../engine/flow/diff-flows.ts';
import type { FlowCatalog, VersionSummary } from '../../engine/publish/interface.ts';
import { type Action, closed, defineAction, FlowId } from '../action/action.ts';
import { byVersion } from './flows.ts';
import { existing } from '../access/domains.ts';
import { isAllowed } from '../access/permissions.ts';
import { all, type Owners } from '../action/owners.ts';
import { type Page, pageFields, pageOf } from '../action/pages.ts';
import { showFlow } from './shown-flow.ts';
import type { ExecutionCounter } from '../executions/execution-counter.ts';

export interface VersionServices {
  readonly catalog: FlowCatalog;
  readonly counter: ExecutionCounter;
  readonly owners: Owners;
}

export interface VersionItem extends VersionSummary {
  /**
   * Executions that have not ended, held ones included. Absent if there are too many to read or the person may not see
   * them.
   */
  readonly running?: number;
}

/**
 * Executions are counted for this number of newest versions and for the current version. Older versions rarely have
 * open executions.
 */
const COUNTED = 20;

/** `0` means the draft. */
const DraftOrVersion = Type.Integer({ minimum: 0 });

export function versionActions(services: VersionServices): readonly Action[] {
  return [listFlowVersions(services), getVersion(services), compareVersions(services)];
}

function listFlowVersions({ catalog, counter, owners }: VersionServices): Action {
  return defineAction({
    name: 'flows.versions',
    right: 'flows.read',
    domain: ({ flowId }) => all(owners.flow(flowId)),
    text: { 'zh-CN': '已发布的版本，及其尚未结束的执行数', en: 'Published versions, with the number of executions that have not ended' },
    input: Type.Object({ flowId: FlowId, ...pageFields }, closed),
    audited: false,
    run: async ({ actor }, { flowId, ...wish }): Promise<Page<VersionItem>> => {
      const versions = await catalog.versions(flowId);
      const { items, ...rest } = pageOf(versions, ({ version }) => [-version], wish);
      const newest = new Set(versions.slice(0, COUNTED));
      const maySeeExecutions = isAllowed(actor, 'executions.read');
      const counted = items.map(async (version): Promise<VersionItem> => {
        const isCounted = maySeeExecutions && (newest.has(version) || version.isCurrent);
        const running = isCounted ? await counter.running(flowId, version.version) : undefined;
        return running === undefined ? version : { ...version, running };
      });
      return { items: await Promise.all(counted), ...rest };
    },
  });
}

function getVersion({ catalog, owners }: VersionServices): Action {
  return defineAction({
    name: 'flows.version',
    right: 'flows.read',
    domain: ({ flowId }) => all(owners.flow(flowId)),
    text: { 'zh-CN': '读取一个版本', en: 'Read one version' },
    input: byVersion,
    audited: false,
    async run({ actor }, { flowId, version }): Promise<FlowVersion> {
      const found = existing(await catalog.version(flowId, version), `${flowId}@${version}`);
      return { ...found, document: showFlow(found.document, actor) };
    },
  });
}

function compareVersions({ catalog, owners }: VersionServices): Action {
  return defineAction({
    name: 'flows.diff',
    right: 'flows.read',
    domain: ({ flowId }) => all(owners.flow(flowId)),
    text: { 'zh-CN': '比较两个版本（0 为草稿）', en: 'Compare two versions; 0 is the draft' },
    input: Type.Object({ flowId: FlowId, from: DraftOrVersion, to: DraftOrVersion }, closed),
    audited: false,
    run: async ({ actor }, { flowId, from, to }) =>
      diffFlows(showFlow(await documentAt(catalog, flowId, from), actor), showFlow(await documentAt(catalog, flowId, to), actor)),
  });
}

async function documentAt(catalog: FlowCatalog, flowId: string, version: number): Promise<FlowDocument> {
  const document = version === 0 ? await catalog.draft(flowId) : (await catalog.version(flowId, version))?.document;
  return existing(document, `${flowId}@${version}`);
}
