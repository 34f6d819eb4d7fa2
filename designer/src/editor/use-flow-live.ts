/** Shows live counts and errors of the published version on nodes and wires while the page is open. */
import type { FlowLiveDetail } from '../api/operations.ts';
import { useLive, useWatchedFlow } from '../api/live.ts';
import { useEditorStore } from './state/editor-context.tsx';

export function useFlowLive(flowId: string): void {
  const store = useEditorStore();
  useWatchedFlow(flowId);
  useLive<FlowLiveDetail>('flow-live', (detail) => {
    if (detail.flowId !== flowId) return;
    store.getState().setLive({
      nodes: Object.fromEntries(detail.nodes.map(({ node, perMinute, failed }) => [node, { perMinute, failed }])),
      edges: Object.fromEntries(detail.edges.map(({ edge, perMinute }) => [edge, { perMinute }])),
    });
  });
}
