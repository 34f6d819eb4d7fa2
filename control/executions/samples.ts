/**
 * Lists executions whose messages the author of a flow may use as samples. Reading the messages requires the right to
 * see payloads.
 */
import { Type } from 'typebox';
import type { ExecutionCatalog, ExecutionSummary } from '../../engine/operate/interface.ts';
import { type Action, closed, defineAction, FlowId } from '../action/action.ts';
import { scopesIn } from '../access/domains.ts';
import { all, type Owners } from '../action/owners.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';

export interface SampleServices {
  readonly catalog: FlowCatalog;
  readonly executions: ExecutionCatalog;
  readonly owners: Owners;
}

export interface Sample extends Pick<ExecutionSummary, 'executionId' | 'version' | 'status' | 'acceptedAt'> {
  /**
   * Keys of the steps in which the given node emitted a message. `executions.payload` has their outputs under these
   * keys.
   */
  readonly steps?: readonly string[];
}

const MOST = 20;
/** Maximum number of executions that are searched for usable samples. */
const LOOKED_THROUGH = 100;

export function sampleActions({ catalog, executions, owners }: SampleServices): readonly Action[] {
  return [
    defineAction({
      name: 'flows.samples',
      right: 'executions.read',
      domain: ({ flowId }) => all(owners.flow(flowId)),
      text: {
        'zh-CN': '可作样例的最近执行（整个流程，或某个节点的输出）；数据另由 executions.payload 读取',
        en: 'The latest executions that can be used as samples, of a flow or of one node’s output; read their data with executions.payload',
      },
      input: Type.Object(
        {
          flowId: FlowId,
          node: Type.Optional(Type.String({ maxLength: 64 })),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST, default: MOST })),
        },
        closed,
      ),
      audited: false,
      async run({ domains }, { flowId, node, limit = MOST }): Promise<{ readonly items: readonly Sample[] }> {
        const within = await scopesIn(domains, catalog);
        const page = await executions.list({
          flowIds: [flowId],
          limit: LOOKED_THROUGH,
          ...(within === undefined ? {} : { within }),
        });
        const items: Sample[] = [];
        for (const { executionId, version, status, acceptedAt, hasPayload } of page.items) {
          if (items.length === limit) break;
          if (!hasPayload) continue;
          const sample = { executionId, version, status, acceptedAt };
          if (node === undefined) items.push(sample);
          else {
            const steps = await stepsOf(executions, executionId, node);
            if (steps.length > 0) items.push({ ...sample, steps });
          }
        }
        return { items };
      },
    }),
  ];
}

async function stepsOf(executions: ExecutionCatalog, executionId: string, node: string): Promise<readonly string[]> {
  const details = await executions.get(executionId, { payload: false });
  return (details?.steps ?? [])
    .filter((step) => step.node === node && step.ports.length > 0)
    .map(({ scope }) => (scope === '' ? node : `${scope}/${node}`));
}
