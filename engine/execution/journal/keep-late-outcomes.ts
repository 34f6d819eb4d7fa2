import type { SettledStep } from '../run-job.ts';
import type { RetryUntilStored, JournalDeps } from './journal-deps.ts';
import { blobsField } from '../payloads.ts';
import { legPayload } from '../leg-payload.ts';
import type { CompiledFlow } from '../../compile/compile-flow.ts';
import { createId } from '../../contract/values/ids.ts';

const DAY_MS = 86_400_000;

export interface LateOutcomesDeps extends Pick<JournalDeps, 'payloads' | 'lateOutcomes' | 'clock' | 'log'> {
  readonly insist: RetryUntilStored;
}

/**
 * Stores the outcomes of writes that the execution can no longer store, so that people see them. Never rejects: it
 * logs what it cannot store.
 */
export async function keepLateOutcomes(
  steps: Iterable<SettledStep>,
  { executionId, epoch, flow }: { readonly executionId: string; readonly epoch: number; readonly flow: CompiledFlow },
  { payloads, lateOutcomes, clock, log, insist }: LateOutcomesDeps,
): Promise<void> {
  const at = clock.now();
  const expiresAt = at + flow.recording.retainDays * DAY_MS;
  for (const step of steps) {
    const { status, scope } = step.record;
    const node = step.node.id;
    const id = createId('lat');
    try {
      const payload = await insist(() => payloads.store({ collection: 'late_outcomes', id, field: 'payload' }, legPayload([step])));
      const late = { _id: id, execution: executionId, epoch, node, status, at, payload, ...blobsField(payload), expiresAt };
      await insist(() => lateOutcomes.insert(late));
    } catch (error) {
      log.error('execution.outcome_not_kept', error, { executionId, flowId: flow.flowId, node, scope, status });
    }
  }
}
