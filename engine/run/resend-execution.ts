/**
 * Sending a message anew with another content (design page 8, "Replay"): a new execution under new keys, linked with the old one both ways.
 * Two documents cannot change in one step, so it goes in three, each of which may be the last: the new one is stored held; the old one, if it
 * is held, is given up for it; the new one is let go. Whoever retries a new one that was left in between does the rest, or is refused when the
 * old one went on instead: so never both of them run, and never neither is to be seen.
 */
import { AppError } from '../contract/errors.ts';
import { createTimedId } from '../contract/ids.ts';
import type { Message } from '../contract/message.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { SharedState } from '../contract/ports/shared-state.ts';
import type { PublishedFlows, Resend, Resent } from '../services.ts';
import { findByDedupe, prepareExecution, type AcceptDeps } from './accept.ts';
import type { CompiledFlow } from './compile-flow.ts';
import { isOutcomeUnknown, type ExecutionDocument } from './execution-document.ts';
import { assertStored, executionPlace } from './execution-journal.ts';
import { decodeMessage, type Payloads } from './payloads.ts';

export interface ResendDeps extends AcceptDeps {
  readonly published: PublishedFlows;
  readonly shared: SharedState;
  readonly cancelChannel: string;
  /** Where executions lie that ended days ago; what is sent anew of them is a new execution as any other. */
  readonly archive?: { get(executionId: string): Promise<OldExecution | undefined> } | undefined;
}

/** As it is stored, and where its payloads are read. */
interface OldExecution {
  readonly execution: ExecutionDocument;
  readonly payloads: Pick<Payloads, 'load'>;
}

type ReleaseDeps = Pick<ResendDeps, 'executions' | 'workQueue' | 'seal' | 'clock' | 'shared' | 'cancelChannel'>;

/** Why a new one is held until the old one is given up for it. */
const PREPARED = 'RESEND_PREPARED';
const MOST_REPLAYS = 100;

export async function resendExecution(executionId: string, resend: Resend, deps: ResendDeps): Promise<Resent> {
  const { executions } = deps;
  const { execution: old, payloads } = await findOld(executionId, deps);
  const earlier = resend.requestId === undefined ? undefined : await findByDedupe(dedupeOf(executionId, resend.requestId), executions);
  if (earlier) {
    if (isPrepared(earlier)) await finish(earlier, resend.actor, deps);
    return { executionId: earlier._id, replaced: earlier.replacesEpoch !== undefined, repeated: true };
  }
  const before = decodeMessage(await payloads.load(executionPlace(executionId, 'input'), assertResendable(old, resend)));
  const flow = deps.published.current(old.flowId);
  if (!flow) throw notPublished(old.flowId);
  const prepared = await prepare(old, flow, resend, { ...(await resend.edit(before)), lineage: [...before.lineage, executionId] }, deps);
  const inserted = await executions.insert(prepared, { durability: 'full' });
  // The same request came twice at once: the other one goes on with it.
  if (!inserted.inserted) return resendExecution(executionId, resend, deps);
  await finish(prepared, resend.actor, deps);
  return { executionId: prepared._id, replaced: prepared.replacesEpoch !== undefined, repeated: false };
}

async function findOld(executionId: string, { executions, payloads, archive }: ResendDeps): Promise<OldExecution> {
  const stored = await executions.get(executionId);
  const archived = stored === undefined ? await archive?.get(executionId) : undefined;
  return archived ?? { execution: assertStored(stored, executionId), payloads };
}

/** What was sent anew of an archived execution, which can note it no more itself; of requests with an id, as the console makes them. */
export async function findReplays(executionId: string, executions: Collection<ExecutionDocument>): Promise<readonly string[]> {
  const found = await executions.find({ dedupe: { prefix: dedupeOf(executionId, '') } }, { limit: MOST_REPLAYS });
  return found.map(({ _id }) => _id);
}

export function isPrepared({ status, held }: ExecutionDocument): boolean {
  return status === 'held' && held?.reason === PREPARED;
}

/**
 * Gives the old one up and lets the new one go. False: the old one went on instead, somebody else was faster, or the new one is to be cancelled;
 * where that is asked between the two steps, the old one is given up already, and names the new one.
 */
export async function releasePrepared(
  document: ExecutionDocument,
  actor: string,
  marks: Readonly<Record<string, unknown>>,
  deps: ReleaseDeps,
) {
  const { executions, workQueue } = deps;
  // Its old one is not given up for what only ends.
  if (document.cancelRequested || !(await giveUpOld(document, actor, deps))) return false;
  const result = await executions.patchIf(
    document._id,
    { status: 'held', epoch: document.epoch, 'held.reason': PREPARED, cancelRequested: null },
    { set: { status: 'queued', ...marks }, unset: ['held', 'error'] },
    { durability: 'full' },
  );
  if (result.outcome !== 'patched') return false;
  await workQueue.ring(document.part);
  return true;
}

async function finish(prepared: ExecutionDocument, actor: string, deps: ResendDeps): Promise<void> {
  if (await releasePrepared(prepared, actor, {}, deps)) return;
  // Let go or cancelled by somebody else meanwhile: it is what was sent anew all the same, and it shows what became of it.
  const now = await deps.executions.get(prepared._id);
  if (now && (!isPrepared(now) || now.cancelRequested)) return;
  await deps.executions.remove(prepared._id, { status: 'held', epoch: 0, 'held.reason': PREPARED, cancelRequested: null });
  throw goneOn(prepared.replayOf ?? '');
}

function goneOn(id: string): AppError {
  return new AppError('RESEND_GONE_ON', 'input', `Execution ${id} has gone on meanwhile, so it was not sent anew.`, {
    values: { id },
    fix: 'Read it again; somebody may have retried, cancelled or resent it already.',
  });
}

/** One conditional update: from then on the old one only ends. */
async function giveUpOld({ _id, replayOf = '', replacesEpoch }: ExecutionDocument, actor: string, deps: ReleaseDeps): Promise<boolean> {
  const at = deps.clock.now();
  if (replacesEpoch === undefined) {
    // An execution that has ended may be past its retention by now, or archived.
    await deps.executions.patchIf(replayOf, {}, { set: { [`replays.${_id}`]: at } });
    return true;
  }
  const reason = deps.seal.seal(executionPlace(replayOf, 'cancelRequested'), `replaced by ${_id}`);
  const result = await deps.executions.patchIf(
    replayOf,
    { status: 'held', epoch: replacesEpoch, cancelRequested: null },
    { set: { cancelRequested: { by: actor, reason, at }, replacedBy: _id, [`replays.${_id}`]: at } },
    { durability: 'full' },
  );
  if (result.outcome !== 'patched') return (await deps.executions.get(replayOf))?.replacedBy === _id;
  // A lost hint never matters: whoever runs it reads the mark.
  await deps.shared.publish(deps.cancelChannel, replayOf).catch(() => undefined);
  await deps.workQueue.ring(result.document.part);
  return true;
}

async function prepare(
  old: ExecutionDocument,
  flow: CompiledFlow,
  { requestId }: Resend,
  message: Message,
  deps: ResendDeps,
): Promise<ExecutionDocument> {
  const executionId = createTimedId('exe', deps.clock.now());
  const evaluated = new Set(flow.ingress.keys.map(([name]) => name));
  // Keys that the flow reads from the content are read from the new one.
  const keys = Object.fromEntries(Object.entries(message.keys).filter(([name]) => !evaluated.has(name)));
  const prepared = await prepareExecution(
    flow,
    { executionId, message: { ...message, keys }, seq: '', dedupeKey: executionId, onOtherContent: 'accept' },
    deps,
  );
  return {
    ...prepared,
    dedupe: requestId === undefined ? `x:${executionId}` : dedupeOf(old._id, requestId),
    lane: prepared.lane && { ...prepared.lane, seq: await placeIn(prepared, old, deps.executions) },
    status: 'held',
    held: { node: '', reason: PREPARED, outcomeKnown: true, at: prepared.acceptedAt },
    error: { code: PREPARED, kind: 'transient' },
    replayOf: old._id,
    ...(old.status === 'held' ? { replacesEpoch: old.epoch } : {}),
  };
}

/**
 * In its own lane what replaces a held execution takes its place: what waits behind it goes on waiting. Anywhere else no order can be told
 * any more (others went on meanwhile, or it is another patient's lane now), so it comes behind all that is open there.
 */
async function placeIn(
  { part, lane }: ExecutionDocument,
  old: ExecutionDocument,
  executions: Collection<ExecutionDocument>,
): Promise<string> {
  const oldSeq = old.lane?.seq ?? '';
  if (old.status === 'held' && old.lane?.key === lane!.key) return oldSeq;
  const [last] = await executions.find({ part, open: true, 'lane.key': lane!.key }, { sort: ['-lane.seq'], limit: 1 });
  // Behind that one, and before whatever its source numbers next.
  return last?.lane ? `${last.lane.seq}.r` : oldSeq;
}

function dedupeOf(executionId: string, requestId: string): string {
  return `r:${executionId}|${requestId}`;
}

/** Its input; or why it cannot be sent anew. */
function assertResendable(document: ExecutionDocument, resend: Resend): NonNullable<ExecutionDocument['input']> {
  const { _id, status, open, held, input, replacedBy } = document;
  const values = { id: _id };
  // What took its place goes on in its stead, or can be sent anew itself.
  if (replacedBy !== undefined) throw goneOn(_id);
  // One that was left half-done still has its old one beside it: it is finished or cancelled first.
  if (open === true && (status !== 'held' || held?.reason === PREPARED)) {
    throw new AppError('RESEND_UNDER_WAY', 'input', `Execution ${_id} is still under way.`, {
      values,
      fix: 'Wait until it ends or is held, or cancel it.',
    });
  }
  if (status !== resend.seen) throw goneOn(_id);
  if (isOutcomeUnknown(document) && !resend.acceptUnknown) {
    throw new AppError(
      'RESEND_OUTCOME_UNKNOWN',
      'input',
      `Whether the write of execution ${_id} was done is not known; sent anew, it may be done twice.`,
      {
        values,
        fix: 'Ask the other side whether it was done; if it surely was not, say so and send it anew.',
      },
    );
  }
  if (!input) {
    throw new AppError('RESEND_NO_PAYLOAD', 'input', `The message of execution ${_id} is not kept.`, {
      values,
      fix: 'Have it sent again by its sender; let the flow record in full to keep messages.',
    });
  }
  return input;
}

function notPublished(flowId: string): AppError {
  return new AppError('FLOW_NOT_PUBLISHED', 'transient', `Flow ${flowId} is not published here.`, {
    values: { flowId },
    fix: 'Publish the flow.',
  });
}
