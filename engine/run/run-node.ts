/**
 * Runs one attempt of one node, with its context, adapter gate and time-out. The AppError it throws says whether the
 * outcome is known.
 */
import type { Adapter } from '../contract/node/adapter.ts';
import { AppError, toErrorRecord } from '../contract/values/errors.ts';
import type { Outcome } from '../contract/node/node.ts';
import type { Span } from '../contract/values/observe.ts';
import type { Leave } from './adapter-gates.ts';
import type { CompiledNode } from '../compile/compile-flow.ts';
import { LostExecution, NothingSent } from '../execution/lost-execution.ts';
import { isDeadline, isOurs } from './run-errors.ts';
import type { RunFacts, Slot } from '../execution/run-job.ts';
import { Context } from './node-context.ts';
import type { RunDeps } from './run-deps.ts';
import type { NodeCall } from './run-deps.ts';

/** Runs the attempt. Returns synchronously if the node is synchronous. */
export function runNodeOnce(call: NodeCall, facts: RunFacts, deps: RunDeps): Outcome | Promise<Outcome> {
  return facts.traceparent === undefined ? runUntraced(call, facts, deps) : runTraced(call, facts, deps);
}

function runTraced(call: NodeCall, facts: RunFacts, deps: RunDeps): Outcome | Promise<Outcome> {
  const { node, attempt } = call;
  const { type, adapter } = node.node;
  const span = deps.tracer?.child(`${type} ${node.id}`, facts.traceparent, {
    kind: adapter === undefined ? 'internal' : 'client',
    fields: {
      'kangqiao.node': node.id,
      'kangqiao.node_type': type,
      'kangqiao.attempt': attempt,
      ...(adapter === undefined ? {} : { 'kangqiao.adapter': adapter }),
    },
  });
  if (span === undefined) return runUntraced(call, facts, deps);
  try {
    const outcome = runUntraced({ ...call, traceparent: span.traceparent }, facts, deps);
    if (outcome instanceof Promise) return endWith(span, outcome);
    endSpan(span, outcome);
    return outcome;
  } catch (error) {
    span.end(undefined, toErrorRecord(error).code);
    throw error;
  }
}

async function endWith(span: Span, outcome: Promise<Outcome>): Promise<Outcome> {
  try {
    const settled = await outcome;
    endSpan(span, settled);
    return settled;
  } catch (error) {
    span.end(undefined, toErrorRecord(error).code);
    throw error;
  }
}

function endSpan(span: Span, outcome: Outcome): void {
  span.end(undefined, 'reject' in outcome ? outcome.reject.code : undefined);
}

function runUntraced(call: NodeCall, facts: RunFacts, deps: RunDeps): Outcome | Promise<Outcome> {
  const { definition } = call.node;
  if (
    definition.kind !== 'action' ||
    (definition.adapter === undefined && call.node.timeoutMs === undefined && call.node.effect === 'pure')
  ) {
    return call.node.run!(new Context(call, facts, deps, undefined, facts.signal), call.message);
  }
  return runGuarded(call, facts, deps);
}

/**
 * Runs an attempt with adapter, gate and time-out. Throws ADAPTER_MISSING (transient) if the adapter is not available.
 */
function runGuarded(call: NodeCall, facts: RunFacts, deps: RunDeps): Promise<Outcome> {
  const adapter = resolveAdapter(call.node, deps);
  facts.signal.throwIfAborted();
  const leave = adapter && enterGate(adapter, facts, deps);
  if (leave instanceof Promise) return leave.then((entered) => runAttempt(call, facts, deps, adapter, entered));
  return runAttempt(call, facts, deps, adapter, leave);
}

function enterGate(adapter: Adapter, { mayWait, signal, slot }: RunFacts, { gates }: RunDeps): Leave | Promise<Leave> {
  const entered = gates.enter(adapter, mayWait, signal);
  return entered instanceof Promise && slot ? waitWithout(slot, entered) : entered;
}

async function waitWithout(slot: Slot, entered: Promise<Leave>): Promise<Leave> {
  slot.release();
  try {
    return await entered;
  } finally {
    await slot.resume();
  }
}

function runAttempt(
  call: NodeCall,
  facts: RunFacts,
  deps: RunDeps,
  adapter: Adapter | undefined,
  leave: Leave | undefined,
): Promise<Outcome> {
  const { node } = call;
  return new Promise((resolve, reject) => {
    // The signal belongs to this attempt only and ends with it.
    const timer = new AbortController();
    const ctx = new Context(call, facts, deps, adapter, timer.signal);
    let isOver = false;
    const tell = adapter && deps.calls?.begun(adapter.adapterId);
    const end = (outcome: Parameters<Leave>[0]) => {
      isOver = true;
      cancelTimer?.();
      facts.signal.removeEventListener('abort', onAbort);
      leave?.(outcome);
    };
    const succeed = (outcome: Outcome) => {
      if (isOver) return;
      end('ok');
      tell?.('reject' in outcome ? outcome.reject : undefined);
      resolve(outcome);
    };
    const fail = (thrown: unknown) => {
      if (isOver) return;
      const error = translate(thrown, ctx, timer.signal);
      const isEnded = facts.signal.aborted || error instanceof LostExecution || isOurs(error);
      end(isEnded ? 'ended' : error.kind === 'transient' || error.kind === 'unknown-outcome' ? 'failed' : 'ok');
      // If the run's deadline passed first, count the call as failed: the adapter did not respond in time, although
      // its own limit is longer.
      const isReported = !isEnded || (isDeadline(facts.signal.reason) && !(error instanceof LostExecution));
      tell?.(isReported ? toErrorRecord(error) : 'ended');
      reject(error);
    };
    // The run does not wait for a node that ignores its signal; a late result is dropped.
    const stop = (reason: unknown) => {
      timer.abort(reason);
      queueMicrotask(() => fail(timer.signal.reason));
    };
    const onTimeOut = (reason: unknown) => {
      if (!hasLeft(ctx)) return stop(reason);
      timer.abort(reason);
      // A node that was waiting for the answer to its write can say now what it waited for, and what came instead.
      return void setImmediate(() => fail(reason));
    };
    const onAbort = () => (isDeadline(facts.signal.reason) ? onTimeOut : stop)(facts.signal.reason);
    facts.signal.addEventListener('abort', onAbort, { once: true });
    const timeoutMs = node.timeoutMs ?? adapter?.limits.timeoutMs;
    const cancelTimer = timeoutMs === undefined ? undefined : deps.clock.after(timeoutMs, () => onTimeOut(timeoutError(node, timeoutMs)));
    settle(() => node.run!(ctx, call.message), succeed, fail);
  });
}

function settle(work: () => Outcome | Promise<Outcome>, succeed: (outcome: Outcome) => void, fail: (thrown: unknown) => void): void {
  try {
    const outcome = work();
    if (outcome instanceof Promise) outcome.then(succeed, fail);
    else succeed(outcome);
  } catch (thrown) {
    fail(thrown);
  }
}

/**
 * Converts an abort, or an unexpected error after a write was sent, to an error that says whether the outcome is
 * known.
 */
function translate(thrown: unknown, ctx: Context, signal: AbortSignal): AppError | LostExecution {
  if (thrown instanceof LostExecution) return ctx.hasSent ? thrown : new NothingSent(thrown.message);
  // After its write was sent, a node that was stopped cannot know what came of it.
  const isGuess = signal.aborted && hasLeft(ctx) && thrown instanceof AppError && thrown.kind !== 'unknown-outcome';
  if (thrown instanceof AppError && thrown !== signal.reason && !isGuess) return thrown;
  if (signal.aborted) {
    const reason = signal.reason instanceof AppError ? signal.reason : undefined;
    if (!hasLeft(ctx))
      return reason ?? new AppError('NODE_ABORTED', 'transient', 'The node was stopped before it sent anything.', { cause: thrown });
    return new AppError(
      'OUTCOME_UNKNOWN',
      'unknown-outcome',
      `Node ${ctx.node.id} had sent its request when it was stopped; it is not known whether the other side carried it out. ${reason?.message ?? ''}`.trim(),
      {
        values: { ...reason?.values, node: ctx.node.id },
        cause: thrown,
        fix: 'Ask the other side whether it was done. If it was, conclude the message; if not, retry it: the write is sent again.',
      },
    );
  }
  return new AppError(
    hasLeft(ctx) ? 'OUTCOME_UNKNOWN' : 'INTERNAL_BUG',
    hasLeft(ctx) ? 'unknown-outcome' : 'bug',
    `Node ${ctx.node.id} failed unexpectedly.`,
    {
      values: { node: ctx.node.id, type: ctx.node.node.type },
      cause: thrown,
    },
  );
}

/** True if the first byte of a write was sent. */
function hasLeft({ hasSent, node }: Context): boolean {
  return hasSent && node.effect !== 'read' && node.effect !== 'pure';
}

function timeoutError(node: CompiledNode, timeoutMs: number): AppError {
  return new AppError('NODE_TIMEOUT', 'transient', `Node ${node.id} did not finish within ${timeoutMs} ms.`, {
    values: { node: node.id, timeoutMs },
    fix: 'Raise the time-out of the node or its adapter, or find out why the other side is slow.',
  });
}

function resolveAdapter(node: CompiledNode, deps: RunDeps): Adapter | undefined {
  const { definition } = node;
  if (definition.kind !== 'action' || definition.adapter === undefined) return undefined;
  const adapter = node.node.adapter === undefined ? undefined : deps.bindings.adapter(node.node.adapter);
  if (adapter) return adapter;
  // The sender did nothing wrong: nothing was sent, and the same message succeeds once the adapter exists. So the
  // error is transient.
  const adapterId = node.node.adapter ?? '';
  throw new AppError('ADAPTER_MISSING', 'transient', `Node ${node.id} has no adapter ${adapterId} that can be used in this environment.`, {
    values: { node: node.id, adapterId },
    fix: 'Give the adapter settings for this environment; if it was changed outside the platform, keep or remove it on the system page.',
  });
}
