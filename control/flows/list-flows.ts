/** The list of flows, with the state of each. */
import type { FlowCatalog, FlowSummary } from '../../engine/publish/interface.ts';
import type { TriggerState } from '../../engine/trigger/trigger-run.ts';
import { defineAction, type Action } from '../action/action.ts';
import { onlyPage, type Page, pageOf } from '../action/pages.ts';
import { isAllowed } from '../access/permissions.ts';
import type { ExecutionCounter } from '../executions/execution-counter.ts';
import type { EngineView } from '../action/engine-view.ts';

export interface ListFlowServices {
  readonly catalog: FlowCatalog;
  readonly counter: ExecutionCounter;
  readonly engine: EngineView;
}

/** Counts are absent without the right to read executions. */
export interface FlowItem extends FlowSummary {
  /** Executions since midnight, and how many of them failed; counted up to 10,000. */
  readonly today?: number;
  readonly failedToday?: number;
  readonly held?: number;
  /**
   * For a flow whose trigger receives or fetches messages: the state of its listener, and the error if it does not run.
   */
  readonly listener?: { readonly state: TriggerState; readonly since: number; readonly errorCode?: string };
}

/** What a person sees of a flow of another domain. */
export type SharedFlow = Pick<FlowSummary, 'flowId' | 'name' | 'mode' | 'publishedVersion'>;

export function listFlowActions(services: ListFlowServices): readonly Action[] {
  return [listFlows(services), listSharedFlows(services)];
}

function listFlows(services: ListFlowServices): Action {
  return defineAction({
    name: 'flows.list',
    right: 'flows.read',
    domain: 'filtered',
    text: { 'zh-CN': '流程列表', en: 'List flows' },
    input: onlyPage,
    audited: false,
    async run({ actor, domains }, wish): Promise<Page<FlowItem>> {
      const flows = domains.keep(await services.catalog.list());
      const { items, ...rest } = pageOf(flows, ({ flowId }) => [flowId], wish);
      return { items: await withCounts(services, items, isAllowed(actor, 'executions.read')), ...rest };
    },
  });
}

function listSharedFlows({ catalog }: ListFlowServices): Action {
  return defineAction({
    name: 'flows.shared',
    right: 'flows.read',
    domain: 'filtered',
    text: { 'zh-CN': '其他服务域共享、可以调用的流程', en: 'Flows of other domains that may be called' },
    input: onlyPage,
    audited: false,
    async run({ domains }, wish): Promise<Page<SharedFlow>> {
      const shared = (await catalog.list()).filter((flow) => !domains.holds(flow.domain) && domains.mayUse(flow));
      const { items, ...rest } = pageOf(shared, ({ flowId }) => [flowId], wish);
      return { items: items.map(({ flowId, name, mode, publishedVersion }) => ({ flowId, name, mode, publishedVersion })), ...rest };
    },
  });
}

async function withCounts(
  { counter, engine }: ListFlowServices,
  flows: readonly FlowSummary[],
  maySeeExecutions: boolean,
): Promise<readonly FlowItem[]> {
  const ids = flows.map(({ flowId }) => flowId);
  const listeners = new Map((await engine.processes.listeners()).map((status) => [status.flowId, status]));
  const counts = maySeeExecutions ? await Promise.all([counter.today(ids), counter.failedToday(ids), counter.held(ids)]) : undefined;
  return flows.map((flow) => {
    const listener = listeners.get(flow.flowId);
    return {
      ...flow,
      ...(counts && countsOf(flow.flowId, counts)),
      ...(listener && {
        listener: {
          state: listener.state,
          since: listener.since,
          ...(listener.error === undefined ? {} : { errorCode: listener.error.code }),
        },
      }),
    };
  });
}

type Counts = Readonly<Record<string, number>>;

function countsOf(flowId: string, [today, failedToday, held]: readonly [Counts, Counts, Counts]) {
  return { today: today[flowId] ?? 0, failedToday: failedToday[flowId] ?? 0, held: held[flowId] ?? 0 };
}
