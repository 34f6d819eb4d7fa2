/** The initial live state of a flow for a page that starts to watch it; updates follow by the live stream. */
import { Type } from 'typebox';
import { type Action, closed, defineAction, FlowId } from '../action/action.ts';
import { existing } from '../access/domains.ts';
import type { FlowLiveDetail, LiveFlows } from './live-flows.ts';
import { all, type Owners } from '../action/owners.ts';

export interface LiveServices {
  readonly owners: Owners;
  readonly liveFlows: LiveFlows;
}

export function liveActions({ liveFlows, owners }: LiveServices): readonly Action[] {
  return [
    defineAction({
      name: 'flows.live',
      right: 'flows.read',
      domain: ({ flowId }) => all(owners.flow(flowId)),
      text: { 'zh-CN': '已发布流程的实时计数：节点与连线', en: 'Live counts of a published flow, its nodes and edges' },
      input: Type.Object({ flowId: FlowId }, closed),
      audited: false,
      run: async (_ctx, { flowId }): Promise<FlowLiveDetail> => existing(await liveFlows.get(flowId), flowId),
    }),
  ];
}
