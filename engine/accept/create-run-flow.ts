/**
 * The door by which gateways reach flows. Durable flows are accepted and answered with 202; sync flows run here, inline.
 * A sync flow that only reads needs no store. Before its first write it stores itself with the intent (or is refused), so that the same
 * origin never runs twice: it gets the stored answer, 409 while it runs, or "outcome unknown".
 */
import { sleep, type Clock } from '../contract/values/clock.ts';
import { AppError, fromErrorRecord, toErrorRecord, type ErrorRecord } from '../contract/values/errors.ts';
import { createTimedId } from '../contract/values/ids.ts';
import type { Span } from '../contract/values/observe.ts';
import type { Reply } from '../contract/node/node.ts';
import { applyPatch } from '../contract/ports/document-semantics.ts';
import { originOfCaller, type FlowCall, type FlowResult, type RunFlow } from '../contract/node/run-flow.ts';
import type { PublishedFlows } from '../compile/published-flows.ts';
import type { Owners } from '../ownership/owners.ts';
import { createSequence, findByDedupe, prepareExecution, releaseOldKey, type Accept, type AcceptDeps } from './accept.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { EndNotes } from '../observe/end-notes.ts';
import { isOutcomeUnknown, type ExecutionDocument } from '../execution/execution-document.ts';
import { settles, transition, type RunEvent } from '../execution/transition.ts';
import { ExecutionJournal } from '../execution/journal/execution-journal.ts';
import { executionPlace } from '../execution/stored-execution.ts';
import type { Claim, JournalDeps } from '../execution/journal/journal-deps.ts';
import { foldLegs } from '../execution/load-execution.ts';
import { decodeReply, digestOfMessage, encodeMessage } from '../execution/payloads.ts';
import { createRecordLimit } from '../execution/record-limit.ts';
import type { LiveCounters } from '../observe/live-counters.ts';
import { runCounted } from '../run/run-counted.ts';
import { LostExecution, MAY_BE_GIVEN_UP } from '../execution/lost-execution.ts';
import { cancelled, cannotWait, deadlinePassed, noReply, silentTooLong } from '../run/run-errors.ts';
import { NOTHING_KNOWN, NOTHING_WAITED, replyOf, type RunEnd, type RunJob } from '../execution/run-job.ts';
import { beginRunSpan, endRunSpan } from '../run/run-span.ts';
import type { RunDeps } from '../run/run-deps.ts';

export interface RunFlowDeps extends AcceptDeps, JournalDeps {
  readonly published: PublishedFlows;
  readonly accept: Accept;
  readonly run: RunDeps;
  readonly owners: Pick<Owners, 'current' | 'isTrusted' | 'isStopped'>;
  /** What the store's clock says: order of arrivals over all processes. */
  readonly storeTime: Pick<Clock, 'now'>;
  /** Of this process: tells its sequence numbers from those of others. */
  readonly processId: string;
  /** Executions under way in this process, so that no reconciler takes them for abandoned. */
  readonly active: Set<string>;
  readonly live?: LiveCounters;
  readonly endNotes: EndNotes;
}

const ONE_DAY_MS = 86_400_000;
const TAKE_BACK_PAUSE_MS = 1_000;
const TAKE_BACK_WITHIN_MS = 3_600_000;

/** Who asked under which key for what: made once a call. */
interface Origin {
  readonly dedupe: string;
  /** Of the content, to tell a repeated call from another one under the same key. */
  readonly digest: string;
  /** What outward keys derive from: a key that is used again after its window for something else must not look the same to a hospital. */
  readonly outward: string;
}

/** The same origin's earlier execution stands in the way. */
class DuplicateOrigin extends LostExecution {}

export function createRunFlow(deps: RunFlowDeps): RunFlow {
  const nextSequence = createSequence(deps.storeTime, deps.processId);
  const mayRecord = createRecordLimit(deps.clock);
  /** Their caller was answered, and the store is still to hear of them. */
  const unstored = new Set<string>();

  return {
    mode: (flowId) => deps.published.current(flowId)?.document.mode,
    call(call) {
      const flow = deps.published.current(call.flowId);
      if (!flow)
        throw new AppError('FLOW_NOT_PUBLISHED', 'transient', `Flow ${call.flowId} is not published here.`, {
          values: { flowId: call.flowId },
          fix: 'Publish the flow, or correct the interface’s target.',
        });
      return flow.document.mode === 'durable' ? acceptCall(flow, call) : runInline(flow, call);
    },
  };

  async function acceptCall(flow: CompiledFlow, call: FlowCall): Promise<FlowResult> {
    const origin = originOf(call);
    const result = await deps.accept(flow, {
      message: call.message,
      seq: nextSequence(),
      traceId: call.traceId,
      traceparent: call.traceparent,
      onOtherContent: 'refuse',
      ...(origin === undefined ? {} : { origin: origin.outward, callerKey: origin.dedupe, digest: origin.digest }),
    });
    if (result.status === 'refused') throw fromErrorRecord(result.error);
    if (result.status === 'key-reused') return { outcome: 'key-reused', executionId: result.executionId };
    return { outcome: 'accepted', executionId: result.executionId, repeated: result.status === 'duplicate' };
  }

  async function runInline(flow: CompiledFlow, call: FlowCall): Promise<FlowResult> {
    const origin = originOf(call);
    const answer = origin !== undefined && flow.hasWrite ? await earlierAnswer(origin, flow) : undefined;
    if (answer) return answer;
    return new Promise((resolve, reject) => {
      const inline = startInline(flow, call, origin, async (reply) => {
        // What may still be written is done, or held, by whoever goes on if this process dies; the same key gets this answer.
        if (flow.hasWrite) await inline.journal.replied(reply);
        resolve({ outcome: 'replied', executionId: inline.executionId, reply, repeated: false });
      });
      runToEnd(flow, call, inline, origin).then(resolve, reject);
    });
  }

  async function runToEnd(flow: CompiledFlow, call: FlowCall, inline: Inline, origin: Origin | undefined): Promise<FlowResult> {
    // Without a write nothing is stored before the end, so there is nothing that could be taken for abandoned.
    if (flow.hasWrite) deps.active.add(inline.executionId);
    try {
      const end = await runCounted(inline.job, deps.run, { isFirst: true });
      endRunSpan(inline.span, end);
      if (end.status === 'lost' && end.cause instanceof DuplicateOrigin) {
        return (origin && (await earlierAnswer(origin, flow))) ?? runInline(flow, call);
      }
      if (end.status !== 'lost') deps.endNotes.ended(flow, inline.executionId, end);
      const isStored = inline.journal.isClaimed || end.status === 'held';
      return isStored ? await settleStored(flow, inline, end) : settleUnclaimed(flow, inline, end);
    } finally {
      inline.stop();
      if (flow.hasWrite && !unstored.has(inline.executionId)) deps.active.delete(inline.executionId);
    }
  }

  interface Inline {
    readonly executionId: string;
    readonly job: RunJob;
    readonly journal: ExecutionJournal;
    readonly dedupe: string;
    readonly span: Span | undefined;
    stop(): void;
  }

  /** `tell` answers the caller while the run goes on; where it fails, the end answers. */
  function startInline(flow: CompiledFlow, call: FlowCall, origin: Origin | undefined, tell: (reply: Reply) => Promise<void>): Inline {
    const acceptedAt = deps.clock.now();
    const executionId = createTimedId('exe', acceptedAt);
    const outward = origin?.outward ?? executionId;
    const dedupe = origin?.dedupe ?? `x:${executionId}`;
    const controller = new AbortController();
    const incarnation = deps.owners.current;
    const claim: Claim = async (first, options) => {
      // Do not store: the execution would be given up before its first byte, and held for nothing. The caller comes again.
      if (!settles(first) && !deps.owners.isTrusted(incarnation)) throw silentTooLong();
      const { message, traceId, traceparent } = call;
      const known = origin === undefined ? {} : { digest: origin.digest };
      const request = { executionId, message, seq: '', origin: outward, traceId, traceparent, onOtherContent: 'refuse', ...known } as const;
      const prepared = await prepareExecution(flow, request, deps);
      journal.keepInput(prepared);
      const accepted: ExecutionDocument = {
        ...prepared,
        acceptedAt,
        // The record of a run that announced no write binds no key: nothing was done outside, so its caller may try again.
        dedupe: first.kind === 'ended' ? `x:${executionId}` : dedupe,
      };
      // The blobs of its input came to the others just now.
      const event: RunEvent = keepsInput(first) ? { ...first, blobs: journal.blobs } : first;
      const document = applyPatch(accepted, transition(accepted, { kind: 'claimed', owner: incarnation, first: event }).patch);
      const result = await deps.executions.insert(document, options).catch((error: unknown) => {
        void takeBack(executionId);
        throw error;
      });
      if (!result.inserted) throw new DuplicateOrigin('the same origin was here before');
      return true;
    };
    const journal = new ExecutionJournal({ _id: executionId, epoch: 0, legs: {} }, flow, deps, claim, () => controller.abort(cancelled()), {
      isInline: true,
      signal: controller.signal,
    });
    const deadlineMs = Math.min(call.deadlineMs, acceptedAt + flow.document.deadlineMs);
    const cancelDeadline = deps.clock.after(Math.max(0, deadlineMs - acceptedAt), () => controller.abort(deadlinePassed(flow)));
    let hasReplied = false;
    // A caller that leaves ends what only reads; a write that was announced goes on and keeps its answer.
    call.onLeave(() => {
      if (!journal.isClaimed && !hasReplied)
        controller.abort(new AppError('CALLER_LEFT', 'transient', 'The caller left before the flow had sent anything.'));
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
        if (journal.isClaimed && !deps.owners.isTrusted(incarnation)) throw new LostExecution(MAY_BE_GIVEN_UP);
      },
      input: call.message,
      journal,
      tally: deps.live?.of(flow),
      known: NOTHING_KNOWN,
      waited: NOTHING_WAITED,
      maxSleepMs: Number.MAX_SAFE_INTEGER,
      // Under the caller's key what may be done again is done again with the same outward keys.
      holdsAfterWrite: (written, { kind }) => written === 'write' || origin === undefined || kind !== 'transient',
      onReply: (reply) => {
        hasReplied = true;
        tell(reply).catch((error: unknown) => deps.log.warn('flow.reply_not_kept', { executionId, code: toErrorRecord(error).code }));
      },
    };
    return { executionId, job, journal, dedupe, span, stop: cancelDeadline };
  }

  /** It stored itself before a write, or needs a person: its end is stored before anybody hears of it, unless the store fails. */
  async function settleStored(flow: CompiledFlow, inline: Inline, end: RunEnd): Promise<FlowResult> {
    const { executionId } = inline;
    // An earlier write may have been done; whoever takes the execution over holds it.
    if (end.status === 'lost') {
      void inline.journal.keepLateOutcomes();
      return { outcome: 'unknown', executionId };
    }
    await new Promise<void>((answer) => void store(inline, end, answer).then(answer));
    return toResult(flow, executionId, end);
  }

  function settleUnclaimed(flow: CompiledFlow, inline: Inline, end: RunEnd): FlowResult {
    if (end.status !== 'lost' && mayRecord(flow, end.status !== 'completed')) void store(inline, end, () => undefined);
    return toResult(flow, inline.executionId, end);
  }

  /**
   * A store that fails now changes nothing for the caller, who need not wait for it; the same key is told that it runs until the end is
   * stored. Where it never can be, the execution is found by the reconciler and held.
   */
  async function store(inline: Inline, end: Exclude<RunEnd, { status: 'lost' }>, onStoreFailing: () => void): Promise<void> {
    const { executionId, journal } = inline;
    const isUndone = end.status === 'failed' && end.error.kind === 'transient' && end.reply === undefined && !journal.hasWritten;
    const isKeyFree = isUndone && journal.isClaimed;
    unstored.add(executionId);
    try {
      await journal.finish(end, onStoreFailing);
      if (isKeyFree) await releaseKey(inline);
    } catch (error) {
      deps.log.warn('flow.record_failed', { executionId, code: toErrorRecord(error).code });
    }
    unstored.delete(executionId);
    deps.active.delete(executionId);
  }

  /**
   * The store failed while it was to keep the first intent, and may have kept it: nothing was sent, and nothing will be. It is removed as soon
   * as the store answers, since it would keep its key, and be held in the end for a write that surely was not done.
   */
  async function takeBack(executionId: string): Promise<void> {
    unstored.add(executionId);
    const endMs = deps.clock.monotonic() + TAKE_BACK_WITHIN_MS;
    while (deps.clock.monotonic() < endMs) {
      try {
        await deps.executions.remove(executionId, { status: 'running', epoch: 1 });
        break;
      } catch {
        await sleep(deps.clock, TAKE_BACK_PAUSE_MS);
      }
    }
    unstored.delete(executionId);
    deps.active.delete(executionId);
  }

  /** Nothing was done outside: the caller may try again under the same key. */
  async function releaseKey({ executionId, dedupe }: Inline): Promise<void> {
    await deps.executions.patchIf(executionId, { dedupe, status: 'failed' }, { set: { dedupe: `x:${executionId}` } });
  }

  /** What the same origin gets that came before; undefined when there is nothing, or its key is free again. */
  async function earlierAnswer({ dedupe, digest }: Origin, flow: CompiledFlow): Promise<FlowResult | undefined> {
    const first = await findByDedupe(dedupe, deps.executions);
    if (!first || (await releaseOldKey(first, flow, deps, ONE_DAY_MS))) return undefined;
    if (first.digest !== digest) return { outcome: 'key-reused', executionId: first._id };
    const latest = await replacementOf(first);
    const executionId = latest._id;
    // A reply is the answer, whatever came after it.
    if (latest.reply) {
      const reply = decodeReply(await deps.payloads.load(executionPlace(executionId, 'reply'), latest.reply));
      return { outcome: 'replied', executionId, reply, repeated: true };
    }
    switch (latest.status) {
      case 'completed':
        if (latest.hasWritten) return { outcome: 'done', executionId, isSettled: true };
        return { outcome: 'failed', executionId, error: noReply(flow) };
      case 'failed':
        return { outcome: 'failed', executionId, error: await storedError(latest) };
      case 'cancelled':
        if (latest.isUnknown) return { outcome: 'unknown', executionId };
        if (latest.hasWritten) return { outcome: 'done', executionId, isSettled: true };
        return { outcome: 'failed', executionId, error: toErrorRecord(cancelled()) };
      case 'held':
        return { outcome: latest.hasWritten && !isOutcomeUnknown(latest) ? 'done' : 'unknown', executionId };
      case 'queued':
      case 'running':
      case 'waiting':
        return { outcome: 'running', executionId };
    }
  }

  /** The one that a person resent in its place, and so on; the last that still is there. */
  async function replacementOf(first: ExecutionDocument): Promise<ExecutionDocument> {
    let latest = first;
    while (latest.replacedBy !== undefined) {
      const next = await deps.executions.get(latest.replacedBy);
      if (next === undefined) break;
      latest = next;
    }
    return latest;
  }

  async function storedError(first: ExecutionDocument): Promise<ErrorRecord> {
    const { error } = await foldLegs(first, [], deps.payloads);
    return error ?? { code: first.error?.code ?? 'FLOW_FAILED', kind: first.error?.kind ?? 'bug', message: 'The flow failed.' };
  }

  function originOf({ caller, message }: FlowCall): Origin | undefined {
    const origin = originOfCaller(caller);
    if (origin === undefined) return undefined;
    const key = deps.seal.token('origin', origin);
    const digest = digestOfMessage(encodeMessage(message), deps.seal);
    return { dedupe: `i:${key}`, digest, outward: deps.seal.token('outward', `${key}|${digest}`) };
  }
}

/** A reply that was made is the answer, whatever came after it: what failed then is not the caller's to repeat. */
function toResult(flow: CompiledFlow, executionId: string, end: RunEnd): FlowResult {
  const reply = replyOf(end);
  if (reply !== undefined) return { outcome: 'replied', executionId, reply, repeated: false };
  switch (end.status) {
    case 'completed':
      return { outcome: 'failed', executionId, error: noReply(flow) };
    case 'failed':
      return { outcome: 'failed', executionId, error: end.error };
    case 'held':
      if (!end.outcomeKnown) return { outcome: 'unknown', executionId };
      return end.hasWritten ? { outcome: 'done', executionId } : { outcome: 'failed', executionId, error: end.error };
    case 'lost':
      return { outcome: 'failed', executionId, error: toErrorRecord(end.cause) };
    case 'waiting':
      return { outcome: 'failed', executionId, error: cannotWait };
    case 'cancelled':
      return end.hasWritten ? { outcome: 'done', executionId } : { outcome: 'failed', executionId, error: toErrorRecord(cancelled()) };
  }
}

function keepsInput(event: RunEvent): boolean {
  return event.kind !== 'ended' || event.keepsInput;
}
