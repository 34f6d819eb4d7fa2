/**
 * Resends a message, corrected or not, as a new execution of the flow's published version. The two executions refer to
 * each other (decision 0031). A resend of a held execution keeps its lane, its position in the lane, its business keys
 * and its idempotency keys. A resend of an execution that has ended is a new message.
 *
 * Two documents cannot change atomically, so a resend takes three steps, and a crash can follow each of them. First,
 * the new execution is stored as held. Then the old execution is ended, if it is held. Then the new execution is
 * released. If a resend was left unfinished, retrying the new execution completes the steps, or is refused if the old
 * execution has continued instead. So the two never both run, and at least one of them is always visible.
 */
import { AppError } from '../contract/values/errors.ts';
import { createTimedId } from '../contract/values/ids.ts';
import type { Effect } from '../contract/node/node.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { SharedState } from '../contract/ports/shared-state.ts';
import type { Resend, Resent } from './interface.ts';
import type { PublishedFlows } from '../compile/published-flows.ts';
import { buildExecution, findByDedupe, type AcceptDeps } from '../accept/accept.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import { correctMessage, type CorrectedMessage } from './corrected-message.ts';
import { isOutcomeUnknown, type ExecutionDocument } from '../execution/execution-document.ts';
import { RESEND_PREPARED, transition } from '../execution/transition.ts';
import { assertStored, executionPlace } from '../execution/stored-execution.ts';
import type { ExecutionStores } from '../execution/journal/journal-deps.ts';
import { foldLegs, listIterationLegs } from '../execution/load-execution.ts';
import { decodeMessage, type Payloads } from '../execution/payloads.ts';

export interface ResendDeps extends AcceptDeps, Pick<ExecutionStores, 'legs'> {
  readonly published: PublishedFlows;
  readonly shared: SharedState;
  readonly cancelChannel: string;
  /**
   * The archive of executions that ended days ago. The resend of an archived execution is a new execution like any
   * other.
   */
  readonly archive?: { get(executionId: string): Promise<OldExecution | undefined> } | undefined;
}

/** A stored execution, and where to read its payloads. */
interface OldExecution {
  readonly execution: ExecutionDocument;
  readonly payloads: Pick<Payloads, 'load'>;
}

type ReleaseDeps = Pick<ResendDeps, 'executions' | 'workQueue' | 'seal' | 'clock' | 'shared' | 'cancelChannel'>;

const MOST_REPLAYS = 100;
/**
 * The state of an old execution that has ended. A resend needs no more than this, so the old execution need not be
 * read; it may already be archived.
 */
const ENDED = { status: 'completed', epoch: 0 } as const;

export async function resendExecution(executionId: string, resend: Resend, deps: ResendDeps): Promise<Resent> {
  const { executions } = deps;
  const found = await findOld(executionId, deps);
  const { execution: old, payloads } = found;
  const earlier = resend.requestId === undefined ? undefined : await findByDedupe(dedupeOf(executionId, resend.requestId), executions);
  if (earlier) {
    if (isPrepared(earlier)) await finish(earlier, resend, deps);
    return resentAs(earlier, true);
  }
  const input = assertResendable(old, resend);
  const before = decodeMessage(await payloads.load(executionPlace(executionId, 'input'), input));
  const flow = deps.published.current(old.flowId);
  if (!flow) throw notPublished(old.flowId);
  const prepared = await prepare(old, flow, resend, await correctMessage(before, resend.edit, flow, deps), deps);
  if (!resend.acceptDone && !isWellEnded(old)) await assertNothingDone(found, prepared.origin === old.origin, deps);
  const inserted = await executions.insert(prepared, { durability: 'full' });
  // Another call with the same request id stored its execution first: continue with that one.
  if (!inserted.inserted) return resendExecution(executionId, resend, deps);
  await finish(prepared, resend, deps);
  return resentAs(prepared, false);
}

function resentAs({ _id, replacesEpoch, place = 'kept' }: ExecutionDocument, repeated: boolean): Resent {
  return { executionId: _id, replaced: replacesEpoch !== undefined, place, repeated };
}

async function findOld(executionId: string, { executions, payloads, archive }: ResendDeps): Promise<OldExecution> {
  const stored = await executions.get(executionId);
  const archived = stored === undefined ? await archive?.get(executionId) : undefined;
  return archived ?? { execution: assertStored(stored, executionId), payloads };
}

/** Returns the resends of an archived execution. The archived record cannot list them, because it no longer changes. */
export async function findReplays(executionId: string, executions: Collection<ExecutionDocument>): Promise<readonly string[]> {
  return (await findResends(executionId, executions)).map(({ _id }) => _id);
}

function findResends(executionId: string, executions: Collection<ExecutionDocument>): Promise<readonly ExecutionDocument[]> {
  return executions.find({ dedupe: { prefix: dedupeOf(executionId, '') } }, { limit: MOST_REPLAYS });
}

/** The person and the bulk operation that released the execution. */
export interface ReleaseMarks {
  readonly by?: string;
  readonly bulk?: string;
}

export function isPrepared({ status, held }: ExecutionDocument): boolean {
  return status === 'held' && held?.reason === RESEND_PREPARED;
}

/**
 * Ends the old execution and releases the new one. Returns false if the old execution has continued instead, another
 * request was faster, or the new execution is being cancelled. If a cancel of the new execution is requested between
 * the two steps, the old execution is already ended and names the new one.
 */
export async function releasePrepared(
  document: ExecutionDocument,
  actor: string,
  marks: ReleaseMarks,
  deps: ReleaseDeps,
): Promise<boolean> {
  const { executions, workQueue } = deps;
  // Do not end the old execution if the new one is being cancelled.
  if (document.cancelRequested || !(await giveUpOld(document, actor, deps))) return false;
  if (document.place === 'end-of-lane') await moveToEnd(document, executions);
  const { match, patch } = transition(document, { kind: 'resend-released', ...marks });
  const result = await executions.patchIf(document._id, match, patch, { durability: 'full' });
  if (result.outcome !== 'patched') return false;
  await workQueue.ring(document.part);
  return true;
}

/**
 * Removes other unfinished resends of an old execution, which continues or ends without them. They can never be
 * released, and would block the lane. `except`: the resend that replaces the old execution.
 */
export async function removePrepared(
  oldId: string,
  except: string | undefined,
  { executions }: Pick<ReleaseDeps, 'executions'>,
): Promise<void> {
  for (const other of await findResends(oldId, executions)) {
    if (other._id === except || other.replacesEpoch === undefined || !isPrepared(other)) continue;
    await removeIfPrepared(other._id, executions);
  }
}

/** Removes the resend unless it was released meanwhile, or is being cancelled. */
async function removeIfPrepared(id: string, executions: ReleaseDeps['executions']): Promise<void> {
  await executions.remove(id, { status: 'held', epoch: 0, 'held.reason': RESEND_PREPARED, cancelRequested: null });
}

async function finish(prepared: ExecutionDocument, { actor, marks = {} }: Resend, deps: ResendDeps): Promise<void> {
  if (await releasePrepared(prepared, actor, marks, deps)) return;
  // Another request released or cancelled the new execution meanwhile. It is still the resend of this message, and has
  // its own state.
  const now = await deps.executions.get(prepared._id);
  if (now && (!isPrepared(now) || now.cancelRequested)) return;
  await removeIfPrepared(prepared._id, deps.executions);
  throw goneOn(prepared.replayOf ?? '');
}

function goneOn(id: string): AppError {
  return new AppError('RESEND_GONE_ON', 'input', `Execution ${id} has continued in the meantime, so it was not resent.`, {
    values: { id },
    fix: 'Read it again; someone may already have retried, cancelled or resent it.',
  });
}

/**
 * Marks the old execution as replaced or resent. For a held one this is one conditional update; after it, the old
 * execution can only end. Returns false if it has continued instead.
 */
async function giveUpOld({ _id, replayOf = '', replacesEpoch }: ExecutionDocument, actor: string, deps: ReleaseDeps): Promise<boolean> {
  const at = deps.clock.now();
  if (replacesEpoch === undefined) {
    // An execution that has ended may already be removed or archived.
    const { match, patch } = transition(ENDED, { kind: 'resent', by: _id, at });
    await deps.executions.patchIf(replayOf, match, patch);
    return true;
  }
  const reason = deps.seal.seal(executionPlace(replayOf, 'cancelRequested'), `replaced by ${_id}`);
  const { match, patch } = transition(
    { status: 'held', epoch: replacesEpoch },
    { kind: 'replaced', by: _id, request: { by: actor, reason, at } },
  );
  const result = await deps.executions.patchIf(replayOf, match, patch, { durability: 'full' });
  const isMine = result.outcome === 'patched' || (await deps.executions.get(replayOf))?.replacedBy === _id;
  if (isMine) await removePrepared(replayOf, _id, deps);
  if (result.outcome !== 'patched') return isMine;
  // A lost hint does not matter: the worker reads `cancelRequested`.
  await deps.shared.publish(deps.cancelChannel, replayOf).catch(() => undefined);
  await deps.workQueue.ring(result.document.part);
  return true;
}

async function prepare(
  old: ExecutionDocument,
  flow: CompiledFlow,
  { requestId, newKeys = false }: Resend,
  { message, laneKey, isLaneKept, isSameMessage }: CorrectedMessage,
  deps: ResendDeps,
): Promise<ExecutionDocument> {
  const now = deps.clock.now();
  const executionId = createTimedId('exe', now);
  const isHeld = old.status === 'held';
  const keepsPlace = isHeld && isLaneKept && (old.lane !== null || laneKey === undefined);
  const prepared = await buildExecution(
    flow,
    {
      executionId,
      message: { ...message, lineage: [...message.lineage, old._id] },
      // Use the idempotency keys of the replaced message, so that the other system recognises a write that was already
      // done.
      origin: isHeld && isSameMessage && !newKeys ? old.origin : executionId,
      seq: '',
      onOtherContent: 'accept',
    },
    { dedupe: undefined, laneKey, keys: {} },
    now,
    deps,
  );
  // The executions behind the held one in the lane wait for its replacement.
  const lane = keepsPlace ? old.lane : await atEnd(prepared, deps.executions);
  return {
    ...prepared,
    dedupe: dedupeOf(old._id, requestId ?? executionId),
    lane,
    part: keepsPlace && lane !== null ? old.part : prepared.part,
    place: lane === null ? 'no-lane' : keepsPlace ? 'kept' : 'end-of-lane',
    status: 'held',
    held: { node: '', reason: RESEND_PREPARED, outcomeKnown: true, at: prepared.acceptedAt },
    error: { code: RESEND_PREPARED, kind: 'transient' },
    replayOf: old._id,
    ...(isHeld ? { replacesEpoch: old.epoch } : {}),
  };
}

async function atEnd({ part, lane }: ExecutionDocument, executions: Collection<ExecutionDocument>): Promise<ExecutionDocument['lane']> {
  const last = lane && (await lastOf(lane.key, part, executions));
  return last?.lane ? { ...last.lane, seq: behind(last.lane.seq) } : lane;
}

/**
 * Moves the stored resend behind all open executions of its lane. Because it is stored, no execution that is listed
 * from now on can overtake it. Executions that were listed earlier may still run, so it is moved again until no
 * execution is behind it. Then all workers see one order of the lane, and only one execution of the lane runs at a
 * time.
 */
async function moveToEnd(document: ExecutionDocument, executions: Collection<ExecutionDocument>): Promise<void> {
  const { _id, part, lane } = document;
  if (lane === null) return;
  for (let own = lane.seq; ;) {
    const last = await lastOf(lane.key, part, executions);
    if (!last?.lane || last._id === _id || last.lane.seq <= own) return;
    own = behind(last.lane.seq);
    const { match, patch } = transition(document, { kind: 'moved', seq: own });
    const moved = await executions.patchIf(_id, match, patch);
    if (moved.outcome !== 'patched') return;
  }
}

async function lastOf(laneKey: string, part: number, executions: Collection<ExecutionDocument>): Promise<ExecutionDocument | undefined> {
  return (await executions.find({ part, open: true, 'lane.key': laneKey }, { sort: ['-lane.seq'], limit: 1 }))[0];
}

/** Returns a sequence that sorts after the given one, and before the next one that the same source creates. */
function behind(seq: string): string {
  const [, base = seq, count = '0'] = /^(.*)\.r(\d{6})$/.exec(seq) ?? [];
  return `${base}.r${String(Number(count) + 1).padStart(6, '0')}`;
}

/** Returns the dedupe key of a resend with this request id. */
export function dedupeOf(executionId: string, requestId: string): string {
  return `r:${executionId}|${requestId}`;
}

/** Returns the input of the execution. Throws an AppError (input) that says why it cannot be resent. */
function assertResendable(document: ExecutionDocument, resend: Resend): NonNullable<ExecutionDocument['input']> {
  const { _id, status, open, held, input, replacedBy } = document;
  const values = { id: _id };
  // A person must resend the replacement instead; it may also still run.
  if (replacedBy !== undefined) throw goneOn(_id);
  // The old execution of an unfinished resend may still run. A person must first complete or cancel the resend.
  if (held?.reason === RESEND_PREPARED && open === true) {
    throw new AppError('RESEND_UNDER_WAY', 'input', `Execution ${_id} is a resend that was not completed.`, {
      values: { ...values, problem: 'half-done' },
      fix: 'Retry it, which finishes the resend, or cancel it.',
    });
  }
  if (open === true && status !== 'held') {
    throw new AppError('RESEND_UNDER_WAY', 'input', `Execution ${_id} is still running.`, {
      values,
      fix: 'Wait until it ends or is held, or cancel it.',
    });
  }
  if (status !== resend.seen || (resend.epoch !== undefined && resend.epoch !== document.epoch)) throw goneOn(_id);
  if (isOutcomeUnknown(document) && !resend.acceptUnknown) {
    throw new AppError(
      'RESEND_OUTCOME_UNKNOWN',
      'input',
      `It is not known whether the write of execution ${_id} was done; if it is resent, the write may be done twice.`,
      {
        values,
        fix: 'Ask the other side whether it was done; if it was certainly not done, confirm this and resend it.',
      },
    );
  }
  if (!input) {
    throw new AppError('RESEND_NO_PAYLOAD', 'input', `The message of execution ${_id} is not kept.`, {
      values,
      fix: 'Ask the sender to send it again; to keep messages, let the flow record in full.',
    });
  }
  return input;
}

/**
 * Returns true if the execution completed without a person's decision. A person who resends it wants all its writes
 * repeated.
 */
function isWellEnded({ status, cancelRequested }: ExecutionDocument): boolean {
  return status === 'completed' && cancelRequested?.isDone !== true;
}

/**
 * Throws RESEND_ALREADY_WRITTEN (input) if a write of the old execution was done and would be repeated: a resend
 * starts at the trigger. An idempotent write may be repeated only with its old key; without the old origin
 * (`keepsOrigin` false) all keys differ.
 */
async function assertNothingDone({ execution: old, payloads }: OldExecution, keepsOrigin: boolean, deps: ResendDeps): Promise<void> {
  // The execution was never claimed, so nothing was done.
  if (old.epoch === 0) return;
  const { steps } = await foldLegs(old, await listIterationLegs(old._id, deps.legs), payloads);
  const { nodes } = await deps.published.at(old.flowId, old.version);
  const repeats = (effect: Effect | undefined) => effect === 'write' || (effect === 'idempotent-write' && !keepsOrigin);
  const done = steps.find(({ node, status }) => status === 'completed' && repeats(nodes.get(node)?.effect));
  if (done === undefined && (keepsOrigin || old.hasWritten === undefined)) return;
  throw new AppError(
    'RESEND_ALREADY_WRITTEN',
    'input',
    `${done === undefined ? 'A write' : `Node ${done.node}`} of execution ${old._id} was done; a resend would do it twice.`,
    {
      values: { id: old._id, ...(done === undefined ? {} : { node: done.node }) },
      fix:
        old.status === 'held'
          ? 'Retry it: a retry continues after the completed steps. To do the write once more, confirm this.'
          : 'Resend it only if the write should be done once more, and confirm this.',
    },
  );
}

function notPublished(flowId: string): AppError {
  return new AppError('FLOW_NOT_PUBLISHED', 'transient', `Flow ${flowId} is not published here.`, {
    values: { flowId },
    fix: 'Publish the flow.',
  });
}
