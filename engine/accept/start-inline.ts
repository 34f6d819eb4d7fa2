/** Starts a sync flow in the process to which its caller is connected. */
import { ExecutionJournal } from '../execution/journal/execution-journal.ts';
import { NO_KNOWN_OUTCOMES, NO_WAITS, type RunJob } from '../execution/run-job.ts';
import { cancelled, deadlinePassed, silentTooLong } from '../run/run-errors.ts';
import { AppError, toErrorRecord } from '../contract/values/errors.ts';
import { prepareExecution } from './accept.ts';
import { beginRunSpan } from '../run/run-span.ts';
import { ownKey, type RunEvent, settles, transition } from '../execution/transition.ts';
import type { InlineEnds } from './inline-ends.ts';
import { LostExecution, POSSIBLY_LOST } from '../execution/lost-execution.ts';
import { createTimedId } from '../contract/values/ids.ts';
import { DuplicateOrigin } from './origin.ts';
import { applyPatch } from '../contract/ports/document-semantics.ts';
import type { ExecutionDocument } from '../execution/execution-document.ts';
import type { RunFlowDeps } from './run-flow-deps.ts';
import type { Reply } from '../contract/node/node.ts';
import type { Claim } from '../execution/journal/journal-deps.ts';
import type { Inline, InlineCall } from './inline.ts';

/** Starts the run. `tell` sends the reply while the run continues; if it fails, the reply is sent after the run. */
export function startInline(
  { flow, call, origin }: InlineCall,
  tell: (reply: Reply) => Promise<void>,
  deps: RunFlowDeps,
  ends: Pick<InlineEnds, 'takeBack'>,
): Inline {
  const acceptedAt = deps.clock.now();
  const executionId = createTimedId('exe', acceptedAt);
  const outward = origin?.outward ?? executionId;
  const dedupe = origin?.dedupe ?? ownKey(executionId);
  const controller = new AbortController();
  const incarnation = deps.owners.current;
  const claim: Claim = async (first, options) => {
    // If this process may have lost its claims, it could not send the write. The caller retries.
    if (!settles(first) && !deps.owners.isTrusted(incarnation)) throw silentTooLong();
    const { message, traceId, traceparent } = call;
    const known = origin === undefined ? {} : { digest: origin.digest };
    const request = { executionId, message, seq: '', origin: outward, traceId, traceparent, onOtherContent: 'refuse', ...known } as const;
    const prepared = await prepareExecution(flow, request, deps);
    journal.keepInput(prepared);
    const accepted: ExecutionDocument = {
      ...prepared,
      acceptedAt,
      // A run that announced no write changed no other system: it leaves the caller's key free for another try.
      dedupe: first.kind === 'ended' ? ownKey(executionId) : dedupe,
    };
    // `keepInput` has just added the blobs of the input to `journal.blobs`.
    const event: RunEvent = keepsInput(first) ? { ...first, blobs: journal.blobs } : first;
    const document = applyPatch(accepted, transition(accepted, { kind: 'claimed', owner: incarnation, first: event }).patch);
    const result = await deps.executions.insert(document, options).catch((error: unknown) => {
      void ends.takeBack(executionId);
      throw error;
    });
    if (!result.inserted) throw new DuplicateOrigin('the same origin was here before');
    return true;
  };
  const journal = new ExecutionJournal({ _id: executionId, epoch: 0, legs: {} }, flow, deps, claim, () => controller.abort(cancelled()), {
    isInline: true,
    hasCallerKey: origin !== undefined,
    signal: controller.signal,
  });
  const deadlineMs = Math.min(call.deadlineMs, acceptedAt + flow.document.deadlineMs);
  const cancelDeadline = deps.clock.after(Math.max(0, deadlineMs - acceptedAt), () => controller.abort(deadlinePassed(flow)));
  let hasReplied = false;
  // If the caller leaves, a run that has announced no write stops. A run with an announced write continues, and its
  // reply is stored.
  call.onLeave(() => {
    if (!journal.isClaimed && !hasReplied)
      controller.abort(new AppError('CALLER_LEFT', 'transient', 'The caller disconnected before the flow sent anything.'));
  });
  const span = beginRunSpan(flow, executionId, call.traceparent, deps.run);
  const job: RunJob = {
    flow,
    executionId,
    traceparent: span?.traceparent,
    origin: outward,
    acceptedAt,
    tables: deps.bindings.tables(),
    deadlineMs,
    signal: controller.signal,
    mayWait: false,
    depth: 0,
    assertOwned: () => {
      if (journal.isClaimed && !deps.owners.isTrusted(incarnation)) throw new LostExecution(POSSIBLY_LOST);
    },
    input: call.message,
    journal,
    tally: deps.live?.of(flow),
    known: NO_KNOWN_OUTCOMES,
    waited: NO_WAITS,
    maxSleepMs: Number.MAX_SAFE_INTEGER,
    // If the caller sent an Idempotency-Key, it can safely repeat an idempotent write, because the keys sent to other
    // systems stay the same. So a transient failure need not be held.
    holdsAfterWrite: (written, { kind }) => written === 'write' || origin === undefined || kind !== 'transient',
    checkReply: call.checkReply ?? ((reply) => flow.checkReply(call.message, reply)),
    onReply: (reply) => {
      hasReplied = true;
      tell(reply).catch((error: unknown) => {
        const { code, message } = toErrorRecord(error);
        deps.log.warn('flow.reply_not_kept', { executionId, code, reason: message });
      });
    },
  };
  return { executionId, job, journal, dedupe, span, stop: cancelDeadline };
}

function keepsInput(event: RunEvent): boolean {
  return event.kind !== 'ended' || event.keepsInput;
}
