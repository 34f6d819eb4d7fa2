import type { Clock } from '../contract/values/clock.ts';
import { AppError, toErrorRecord } from '../contract/values/errors.ts';

export interface HealthReport {
  /** `draining` means that the process is alive but should get no new work. */
  readonly status: 'up' | 'down' | 'draining';
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly durationMs: number; readonly code?: string }[];
}

export interface HealthChecks {
  /** Adds a check, which resolves if the part responds and rejects if not. */
  add(name: string, check: () => Promise<void> | void): void;
  /** Makes the report say `draining` from now on. */
  drain(): void;
  /** Makes the report say `draining` while this returns true. */
  drainWhile(isAsked: () => boolean): void;
  report(): Promise<HealthReport>;
}

const CHECK_TIMEOUT_MS = 2000;

/** Checks all parts of the process at once; one that does not respond within 2 s counts as down. */
export function createHealth(clock: Clock): HealthChecks {
  const checks = new Map<string, () => Promise<void> | void>();
  let isDraining = () => false;
  return {
    add: (name, check) => void checks.set(name, check),
    drain() {
      isDraining = () => true;
    },
    drainWhile(isAsked) {
      isDraining = isAsked;
    },
    async report() {
      const results = await Promise.all([...checks].map(([name, check]) => runCheck(name, check, clock)));
      return { status: isDraining() ? 'draining' : results.every((result) => result.ok) ? 'up' : 'down', checks: results };
    },
  };
}

async function runCheck(name: string, check: () => Promise<void> | void, clock: Clock): Promise<HealthReport['checks'][number]> {
  const startedAt = clock.monotonic();
  let cancel = () => {};
  const tooSlow = new Promise<never>((_, reject) => {
    cancel = clock.after(CHECK_TIMEOUT_MS, () =>
      reject(new AppError('HEALTH_TIMEOUT', 'transient', `${name} does not respond.`, { values: { part: name } })),
    );
  });
  try {
    await Promise.race([(async () => check())(), tooSlow]);
    return { name, ok: true, durationMs: clock.monotonic() - startedAt };
  } catch (error) {
    return { name, ok: false, durationMs: clock.monotonic() - startedAt, code: toErrorRecord(error).code };
  } finally {
    cancel();
  }
}
