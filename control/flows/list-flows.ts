/** The list of flows, with the state of each. */
import { Type } from 'typebox';
import type { FlowCatalog, FlowSummary } from '../../engine/publish/interface.ts';
import type { TriggerState } from '../../engine/trigger/trigger-run.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
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

export interface FlowList {
  readonly items: readonly FlowItem[];
  /** Flows of other domains that this person's flows may call, with these fields only. */
  readonly shared: readonly Pick<FlowSummary, 'flowId' | 'name' | 'mode' | 'publishedVersion'>[];
}

export function listFlowActions(services: ListFlowServices): readonly Action[] {
  return [
    defineAction({
      name: 'flows.list',
      right: 'flows.read',
      domain: 'filtered',
      text: { 'zh-CN': '流程列表', en: 'List flows' },
      input: Type.Object({}, closed),
      audited: false,
      async run({ actor, domains }): Promise<FlowList> {
        const flows = await services.catalog.list();
        const items = await withCounts(services, domains.keep(flows), isAllowed(actor, 'executions.read'));
        const shared = flows.filter((flow) => !domains.holds(flow.domain) && domains.mayUse(flow));
        return {
          items,
          shared: shared.map(({ flowId, name, mode, publishedVersion }) => ({ flowId, name, mode, publishedVersion })),
        };
      },
    }),
  ];
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
