/** `kangqiao gateway --front …`: one front from the plan file, with control and the database down as well as up. */
import { AppError } from '../../engine/contract/errors.ts';
import type { RunFlow } from '../../engine/contract/run-flow.ts';
import { runUntilSignal } from '../../engine/host/run-until-signal.ts';
import { loadPolicies } from '../../gateways/pipeline/load-policies.ts';
import { openPlanFile } from '../../gateways/plan/open-plan-file.ts';
import { openStorage } from '../../storage/open-storage.ts';
import { openGateways } from './open-gateways.ts';
import { openHost, planFileOptions } from './open-host.ts';
import { openStatus } from './open-status.ts';
import type { GatewayOptions, SettingOverrides } from './root-options.ts';

export async function startGateway(overrides: SettingOverrides, { front }: GatewayOptions): Promise<number> {
  const host = await openHost(overrides);
  const { clock, log, settings, folder } = host;
  return runUntilSignal(
    async (life) => {
      const status = await openStatus(host, life);
      // Its own small store: the nonces it has seen must outlive a restart.
      const storage = await openStorage({
        address: `embedded:${folder.root}/gateway-${front}`,
        kekFile: settings.kekFile,
        clock,
        logger: log,
      });
      life.own('storage', () => storage.close());
      const planSource = await openPlanFile(await planFileOptions(host));
      life.own('plan file', () => planSource.close());
      const parts = { planSource, policies: await loadPolicies(), runFlow: noFlows, shared: storage.sharedState, seal: storage.seal };
      const opened = await openGateways(host, parts, life, [front]);
      // With control and the database down it goes on serving, so they are none of its checks.
      status.started({ plan: () => requirePlan(opened[front]!.applied()) });
      log.info('gateway.ready', { front, address: opened[front]!.address, plan: opened[front]!.applied() });
    },
    { clock, logger: log, drainMs: settings.drainMs },
  );
}

function requirePlan(number: number): void {
  if (number === 0) throw new AppError('GATEWAY_WITHOUT_PLAN', 'transient', 'No plan has come to this gateway yet.');
}

/** The embedded store belongs to one process, and that is the one that runs flows; this one serves what leads to upstream services. */
const noFlows: RunFlow = {
  mode: () => undefined,
  call() {
    throw new AppError('FLOWS_ELSEWHERE', 'transient', 'This gateway runs no flows: the embedded store is open in another process.', {
      fix: 'Call the gateway of `kangqiao start`, which runs flows and gateways in one process.',
    });
  },
};
