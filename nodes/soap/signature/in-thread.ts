import type { Adapter } from '../../../engine/contract/node/adapter.ts';
import type { Clock } from '../../../engine/contract/values/clock.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { BoundedThreads, ThreadLimit } from '../../../engine/threads/bounded-threads.ts';
import { perClock } from '../../shared/per-clock.ts';
import type { SignatureTask } from './signature-worker.ts';

const FILE = new URL(import.meta.url.endsWith('.ts') ? './signature-worker.ts' : './signature-worker.js', import.meta.url);
const CPU_MS = 20_000;
const WAITING = 512;
/** Adapters take turns, so that the long answers of one hospital do not delay the others. */
const WAITING_PER_ADAPTER = 64;

const threadsOf = perClock((clock) => {
  const limits = { heapMb: 512, waiting: WAITING, waitingPerKey: WAITING_PER_ADAPTER };
  return new BoundedThreads<SignatureTask, string>({ file: FILE, size: 2, ...limits, clock });
});

/**
 * Signs or verifies. Rejects with SOAP_SIGNATURE (input), with PARSE_BUSY (transient) if too many tasks wait, or with
 * PARSE_TOO_COSTLY (input).
 */
export async function runSignature(
  task: SignatureTask,
  ctx: { readonly adapter: Adapter | undefined; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<string> {
  try {
    return await threadsOf(ctx.clock).run(task, { cpuMs: CPU_MS, key: ctx.adapter?.adapterId ?? '', signal: ctx.signal });
  } catch (error) {
    if (!(error instanceof ThreadLimit) || error.fault === 'failed') throw error;
    if (error.fault === 'busy')
      throw new AppError('PARSE_BUSY', 'transient', 'Too many messages are waiting to be signed or verified.', {
        retryAfterMs: error.retryAfterMs,
        fix: 'Try again later.',
      });
    throw new AppError('PARSE_TOO_COSTLY', 'input', 'Signing or verifying the message takes too much work.', {
      fix: 'Send less data in one call.',
    });
  }
}
