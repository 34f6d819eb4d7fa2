import { AppError } from '../../engine/contract/values/errors.ts';
import { createLogger } from '../../engine/host/logger.ts';
import { readProcessSettings } from '../../engine/host/settings.ts';
import { systemClock } from '../../engine/host/system-clock.ts';
import type { SettingOverrides } from '../roots/root-options.ts';
import { supervise } from './supervise.ts';

/**
 * Starts `count` gateways that share one port. Throws PROCESSES_NEED_SERVERS (input) with an embedded store: its nonces
 * are known to one process only, so the same signed request would be accepted once by each process.
 */
export async function superviseGateways(overrides: SettingOverrides, count: number): Promise<number> {
  const settings = readProcessSettings(overrides);
  if (settings.flows !== 'forward' && settings.storeAddress.startsWith('embedded:'))
    throw new AppError('PROCESSES_NEED_SERVERS', 'input', 'Several gateway processes need a store on a server and Redis.', {
      fix: 'Set KQ_STORE_ADDRESS and KQ_SHARED_ADDRESS (docs/operations.md, "Processes apart"), or start one process.',
    });
  const given = process.argv.slice(2);
  return supervise({
    count,
    argumentsOf: (number) => [...given, '--process-number', String(number)],
    clock: systemClock,
    logger: createLogger({ level: settings.logLevel, format: settings.logFormat }),
    drainMs: settings.drainMs,
  });
}
