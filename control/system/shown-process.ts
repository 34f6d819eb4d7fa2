import type { ProcessState } from '../../engine/processes/create-processes.ts';
import type { GatewayState } from '../../engine/processes/process-document.ts';

/** The public part of a process; its gateways are listed separately. */
export type ShownProcess = Omit<ProcessState, 'gateways'> & { readonly fronts: readonly string[] };

/** A gateway with its process. `isCurrent` is true if it runs the latest published plan. */
export interface ShownGateway extends GatewayState, Pick<ProcessState, 'processId' | 'host' | 'pid'> {
  readonly isCurrent: boolean;
}

export function shownProcess({ gateways = [], ...process }: ProcessState): ShownProcess {
  return { ...process, fronts: gateways.map(({ front }) => front) };
}

/** Returns the gateways of living processes, sorted by front. */
export function shownGateways(processes: readonly ProcessState[], plan: number): readonly ShownGateway[] {
  return processes
    .filter(({ state }) => state === 'alive')
    .flatMap(({ gateways = [], processId, host, pid }) =>
      gateways.map((gateway) => ({ ...gateway, processId, host, pid, isCurrent: gateway.planNumber === plan })),
    )
    .sort((a, b) => a.front.localeCompare(b.front));
}
