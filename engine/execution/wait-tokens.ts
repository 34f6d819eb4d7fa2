/**
 * Lets an execution wait for a message that arrives later, for example from another system. A token identifies one wait
 * of one execution of its flow (docs/decisions/0029). The wait and its message are stored in one document, which the
 * first of the two creates. A process may crash after it stored one of them, and before it looks for the other. So the
 * match is checked when the wait is stored, when the message comes, and by the reconciler.
 */
import type { Clock } from '../contract/values/clock.ts';
import type { Message } from '../contract/values/message.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { WorkQueue } from '../contract/ports/work-queue.ts';
import type { Seal } from '../contract/values/seal.ts';

import type { ExecutionDocument, ResumeDocument, StoredWait } from './execution-document.ts';
import { transition } from './transition.ts';
import { blobsField, decodeMessage, encodeMessage, type EncodedMessage, type Payloads } from './payloads.ts';
import { stepKey, type TokenHolder } from './run-job.ts';

/**
 * `used`: an earlier message was already accepted. `over`: the execution has continued without a message. `nobody`: no
 * execution waits. In these three cases the message is not stored.
 */
export type ResumeOutcome =
  | { readonly outcome: 'resumed'; readonly executionId: string }
  | { readonly outcome: 'kept'; readonly untilMs: number }
  | { readonly outcome: 'used' | 'over' | 'nobody' };

interface TokenStores {
  readonly executions: Collection<ExecutionDocument>;
  readonly resumes: Collection<ResumeDocument>;
  readonly clock: Clock;
}

export type WakeDeps = TokenStores & { readonly workQueue: WorkQueue };

const PAGE = 200;
/**
 * How long a message that came before its wait is stored, and how long a token counts as used after its execution
 * ended.
 */
const KEEP_MS = 30 * 86_400_000;

/** Returns the keyed token that is stored in place of the text, because the text may be a patient's number. */
export function tokenOf(seal: Seal, flowId: string, text: string): string {
  return seal.token('resume', JSON.stringify([flowId, text]));
}

/**
 * Assigns the token to this wait. Returns the other wait if an open execution already uses the token. A message for an
 * execution that has ended is never passed to another one.
 */
export async function holdToken(
  token: string,
  holder: TokenHolder,
  untilMs: number,
  { executions, resumes, clock }: TokenStores,
): Promise<TokenHolder | undefined> {
  const fields = { ...holder, at: clock.now() };
  // A wait without a limit has no expiry; the token stays until its execution ends.
  const expiry = untilMs === Number.MAX_SAFE_INTEGER ? {} : { expiresAt: untilMs + KEEP_MS };
  for (;;) {
    const inserted = await resumes.insert({ _id: token, ...fields, ...expiry });
    if (inserted.inserted) return undefined;
    const found = await resumes.get(token);
    if (found === undefined) continue;
    const { execution, step = '' } = found;
    if (execution === holder.execution && step === holder.step) return undefined;
    if (execution !== undefined && (execution === holder.execution || isOpen(await executions.get(execution)))) return { execution, step };
    const unset = [...('expiresAt' in expiry ? [] : ['expiresAt']), ...(execution === undefined ? [] : ['input', 'blobs'])];
    const taken = await resumes.patchIf(token, { execution: execution ?? null }, { set: { ...fields, ...expiry }, unset });
    if (taken.outcome === 'patched') return undefined;
  }
}

/** Called when the execution has ended. The tokens count as used for a while. */
export async function letGoOfTokens(tokens: readonly string[], execution: string, { resumes, clock }: TokenStores): Promise<void> {
  for (const token of tokens) await resumes.patchIf(token, { execution }, { set: { expiresAt: clock.now() + KEEP_MS } });
}

/** Returns the open execution that waits with the token. */
export async function holderOf(
  flowId: string,
  text: string,
  { seal, resumes, executions }: Pick<TokenStores, 'resumes' | 'executions'> & { readonly seal: Seal },
): Promise<string | undefined> {
  const execution = (await resumes.get(tokenOf(seal, flowId, text)))?.execution;
  return execution !== undefined && isOpen(await executions.get(execution)) ? execution : undefined;
}

export type ResumeDeps = WakeDeps & { readonly payloads: Payloads; readonly seal: Seal };

/** Passes a message to the wait with this token, or stores the message until that wait comes. */
export async function resumeByToken(
  flowId: string,
  text: string,
  message: Message,
  deps: ResumeDeps,
  { onlyIfWaiting = false }: { readonly onlyIfWaiting?: boolean } = {},
): Promise<ResumeOutcome> {
  const { resumes, executions, clock } = deps;
  const token = tokenOf(deps.seal, flowId, text);
  const input = await deps.payloads.store(inputPlace(token), encodeMessage(message));
  const fields = { input, ...blobsField(input), at: clock.now() };
  const expiresAt = clock.now() + KEEP_MS;
  const kept: ResumeOutcome = { outcome: 'kept', untilMs: expiresAt };
  for (;;) {
    const found = await resumes.get(token);
    if (found?.input !== undefined) return { outcome: 'used' };
    // An execution that has ended no longer waits, so the message is for the next wait.
    const owner = found?.execution === undefined ? undefined : await executions.get(found.execution);
    const holder = owner !== undefined && isOpen(owner) ? owner : undefined;
    if (holder !== undefined && hasGoneOn(holder, token)) return { outcome: 'over' };
    if (holder === undefined && onlyIfWaiting) return { outcome: 'nobody' };
    if (found === undefined) {
      const early = await resumes.insert({ _id: token, ...fields, expiresAt }, { durability: 'full' });
      if (early.inserted) return kept;
      continue;
    }
    const patch = holder === undefined ? { set: { ...fields, expiresAt }, unset: ['execution', 'step'] } : { set: fields };
    const given = await resumes.patchIf(token, { execution: found.execution ?? '', input: { exists: false } }, patch, {
      durability: 'full',
    });
    if (given.outcome !== 'patched') continue;
    if (holder === undefined) return kept;
    const waiting = await executions.get(holder._id);
    if (waiting?.status === 'waiting') await wake(waiting, deps);
    return { outcome: 'resumed', executionId: holder._id };
  }
}

/** Returns the message that arrived for a wait. */
export async function messageFor(
  { token, scope, node }: StoredWait,
  execution: string,
  { resumes, payloads }: { readonly resumes: Collection<ResumeDocument>; readonly payloads: Payloads },
): Promise<Message | undefined> {
  const found = token === undefined ? undefined : await resumes.get(token);
  if (found?.input === undefined || found.execution !== execution || found.step !== stepKey(scope, node)) return undefined;
  return decodeMessage((await payloads.load(inputPlace(found._id), found.input)) as EncodedMessage);
}

/** Finds those of the waiting executions whose message is already stored, and makes them due. Returns how many. */
export async function wakeResumed(waiting: readonly ExecutionDocument[], deps: WakeDeps): Promise<number> {
  const now = deps.clock.now();
  const byToken = new Map(
    waiting.flatMap((document) => ((document.due ?? 0) > now ? (document.wake ?? []).map((token) => [token, document] as const) : [])),
  );
  const tokens = [...byToken.keys()];
  let count = 0;
  while (tokens.length > 0) {
    const found = await deps.resumes.find({ _id: { in: tokens.splice(0, PAGE) }, input: { exists: true } }, { limit: PAGE });
    for (const { _id, execution } of found) {
      const document = byToken.get(_id)!;
      if (execution !== document._id) continue;
      await wake(document, deps);
      count += 1;
    }
  }
  return count;
}

async function wake(waiting: ExecutionDocument, { executions, workQueue, clock }: WakeDeps): Promise<void> {
  const { match, patch } = transition(waiting, { kind: 'resumed', at: clock.now() });
  await executions.patchIf(waiting._id, match, patch);
  await workQueue.ring(waiting.part);
}

/**
 * Returns true if the execution is open. With a requested cancel it does not count as open: it ends without resuming.
 */
function isOpen(document: ExecutionDocument | undefined): boolean {
  return document?.open === true && document.cancelRequested === undefined;
}

/**
 * Returns true if the execution no longer waits with this token: the wait timed out. While the execution runs this is
 * unknown, and the function returns false.
 */
function hasGoneOn({ status, waits = [] }: ExecutionDocument, token: string): boolean {
  return (status === 'waiting' || status === 'held') && !waits.some((wait) => wait.token === token);
}

function inputPlace(token: string) {
  return { collection: 'resumes', id: token, field: 'input' };
}
