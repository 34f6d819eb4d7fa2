/** A bulk over many executions of which each is only written down, in a file that outlives the process. */
import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { createBulks, type Bulks } from '../../../control/held/create-bulks.ts';
import type { Documents } from '../../../engine/contract/ports/documents.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import type { HeldItem } from '../../../engine/operate/interface.ts';
import { plainSeal } from '../start-control.ts';

export const BULK = 'blk_of-a-process-that-dies';
export const HELD: readonly HeldItem[] = Array.from({ length: 300 }, (_, number) => ({ executionId: `exe_${number}`, epoch: 1 }));

export function bulksOver(documents: Documents, file: string, eachMs: number): Promise<Bulks> {
  const act = async ({ executionId }: HeldItem) => {
    if (eachMs > 0) await delay(eachMs);
    appendFileSync(file, `${executionId}\n`);
    return 'done' as const;
  };
  const selectHeld = () => Promise.resolve({ items: HELD, more: false, unknownSkipped: 0 });
  const bulkOutcome = () => Promise.resolve({ wentOn: 0, heldAgain: 0, failed: 0, underWay: 0 });
  const executions = { selectHeld, retryHeld: act, resendHeld: act, cancelHeld: act, concludeHeld: act, bulkOutcome };
  return createBulks({ documents, seal: plainSeal, clock: systemClock, executions });
}

export const watcher = (progress: (handled: number) => void = () => undefined): Parameters<Bulks['run']>[1] => ({
  actor: 'wu',
  signal: new AbortController().signal,
  judge: () => Promise.resolve('admitted' as const),
  progress: ({ handled }: { readonly handled: number }) => progress(handled),
});
