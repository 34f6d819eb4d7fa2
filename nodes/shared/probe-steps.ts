import { toErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Health, ProbeContext, ProbeStep } from '../../engine/contract/node/node.ts';
import type { Text } from '../../engine/contract/values/texts.ts';

export interface ProbeSteps {
  /** Runs one step; its result is shown as the detail. After a failed step no further step runs. */
  run(name: Text, step: () => Promise<string> | string): Promise<void>;
  /** Returns the result of all steps. */
  health(): Health;
}

/** Creates the steps of a connection test. Each step is reported as soon as it ends. */
export function createProbeSteps({ clock, report }: ProbeContext): ProbeSteps {
  const steps: ProbeStep[] = [];
  const isOk = () => steps.every(({ ok }) => ok);
  return {
    async run(name, step) {
      if (!isOk()) return;
      const startedAt = clock.monotonic();
      const settled = await attempt(step);
      const done = { name, ...settled, durationMs: clock.monotonic() - startedAt };
      steps.push(done);
      report?.(done);
    },
    health: () => ({ ok: isOk(), steps }),
  };
}

async function attempt(step: () => Promise<string> | string): Promise<Pick<ProbeStep, 'ok' | 'detail' | 'error'>> {
  try {
    return { ok: true, detail: await step() };
  } catch (thrown) {
    const error = toErrorRecord(thrown);
    return { ok: false, detail: error.message, error };
  }
}
