/** Gateways of this process: one per front, serving the plans of one source. */
import { FRONTS, type Front } from '../../engine/contract/access.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { RunFlow } from '../../engine/contract/run-flow.ts';
import type { Seal } from '../../engine/contract/seal.ts';
import type { GatewayState } from '../../engine/processes/process-document.ts';
import type { Life } from '../../engine/host/run-until-signal.ts';
import type { PlanSource, Policy } from '../../gateways/contract.ts';
import type { Inside } from '../../gateways/forward/open-inside.ts';
import { createGateway, type Gateway } from '../../gateways/fronts/create-gateway.ts';
import { gatewaySettings, type Host } from './open-host.ts';

export interface GatewayParts {
  readonly planSource: PlanSource;
  readonly policies: readonly Policy[];
  readonly runFlow: RunFlow;
  /** In the DMZ. */
  readonly inside?: Inside;
  readonly shared: Pick<SharedState, 'claimOnce'>;
  readonly seal: Pick<Seal, 'seal'>;
}

export type OpenedGateways = Readonly<Record<string, Gateway>>;

export async function openGateways(
  host: Host,
  parts: GatewayParts,
  life: Life,
  fronts: readonly Front[] = FRONTS,
): Promise<OpenedGateways> {
  const { crypto, clock, log, metrics, tracer, folder } = host;
  const opened: Record<string, Gateway> = {};
  // At once: each may need all the time that is left.
  life.own('gateways', async () => void (await Promise.all(Object.values(opened).map((gateway) => gateway.stop()))));
  for (const front of fronts) {
    opened[front] = await createGateway({
      front,
      ...parts,
      crypto,
      clock,
      logger: log,
      metrics,
      tracer,
      settings: gatewaySettings(host, front),
      logFolder: folder.logs,
    });
  }
  return opened;
}

/** What people read of them. */
export function describeGateways(gateways: OpenedGateways): readonly GatewayState[] {
  return Object.entries(gateways).map(([front, gateway]) => ({ front, address: gateway.address, ...gateway.stats() }));
}
