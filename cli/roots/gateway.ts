/**
 * Runs one front, for `kangqiao gateway --front …`. The front also serves while control, the database and the shared
 * state are down.
 */
import { AppError } from '../../engine/contract/values/errors.ts';
import { runUntilSignal } from '../../engine/host/run-until-signal.ts';
import { openGatewayParts } from './open-gateway-parts.ts';
import { isDraining, openGateways, type OpenedGateways } from './open-gateways.ts';
import { openHost, type Host } from './open-host.ts';
import { openStatus } from './open-status.ts';
import type { GatewayOptions, SettingOverrides } from './root-options.ts';

export async function startGateway(overrides: SettingOverrides, { front, processNumber }: GatewayOptions): Promise<number> {
  const host = numbered(await openHost(overrides), processNumber);
  const { clock, log, settings } = host;
  return runUntilSignal(
    async (life) => {
      const status = await openStatus(host, life);
      let opened: OpenedGateways = {};
      const parts = await openGatewayParts(host, front, life, () => opened);
      opened = await openGateways(host, parts, life, [front], processNumber);
      const gateway = opened[front]!;
      // Check only the plan. The gateway keeps serving while control and the database are down.
      status.started({ plan: () => requirePlan(gateway.applied()) }, () => isDraining(opened));
      log.info('gateway.ready', { front, address: gateway.address, plan: gateway.applied() });
    },
    { clock, logger: log, drainMs: settings.drainMs },
  );
}

/** Processes that share the port of a front have status ports of their own, one after the other. */
function numbered(host: Host, processNumber = 1): Host {
  const { statusPort } = host.settings;
  if (statusPort === undefined || statusPort === 0) return host;
  return { ...host, settings: { ...host.settings, statusPort: statusPort + processNumber - 1 } };
}

function requirePlan(number: number): void {
  if (number === 0) throw new AppError('GATEWAY_WITHOUT_PLAN', 'transient', 'This gateway has not received a plan yet.');
}
