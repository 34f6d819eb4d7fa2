/**
 * The live counts of every published flow. The server sends the counts of all flows only when the connection opens, and
 * later only changes. So this store keeps them.
 */
import { create } from 'zustand';
import type { FlowLiveDetail } from './operations.ts';
import { useLive, useReconnected } from './live.ts';

/** The live counts of one published flow, without those of its nodes and edges. */
type FlowLive = Omit<FlowLiveDetail, 'since' | 'nodes' | 'edges'>;

interface FlowsEvent {
  readonly items: readonly FlowLive[];
  readonly gone: readonly string[];
}

type Known = Readonly<Record<string, FlowLive>>;

const useKnown = create<{ readonly known: Known }>(() => ({ known: {} }));

/** Keeps the counts up to date. It must be mounted exactly once; the shell does this. */
export function useKeepLiveFlows(): void {
  // Control sends all flows again. It does not name those that were unpublished in the meantime.
  useReconnected(() => useKnown.setState({ known: {} }));
  useLive<FlowsEvent>('flows', ({ items, gone }) => {
    useKnown.setState(({ known }) => {
      const changed = Object.fromEntries(items.map((flow) => [flow.flowId, flow]));
      return { known: Object.fromEntries(Object.entries({ ...known, ...changed }).filter(([flowId]) => !gone.includes(flowId))) };
    });
  });
}

/** Returns the counts by flow id. Unpublished flows are absent. */
export function useLiveFlows(): Known {
  return useKnown(({ known }) => known);
}
