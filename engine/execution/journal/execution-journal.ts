/**
 * Stores the progress of a running execution. The first intent is stored with the claim, each further write stores
 * another intent, and the last update stores the end. Every update names the epoch of its claim. An update that comes
 * too late is refused, and its outcome is stored as a late outcome.
 */
import type { Reply } from '../../contract/node/node.ts';
import type { WriteOptions } from '../../contract/ports/documents.ts';
import type { CompiledFlow } from '../../compile/compile-flow.ts';
import { settles, transition, type RunEvent } from '../transition.ts';
import { FAILED_AFTER_WRITE, type ExecutionDocument, type Intent, type StepRecord, type Stored } from '../execution-document.ts';
import { writtenBy } from '../done-writes.ts';
import { keepStoring } from '../keep-storing.ts';
import { digestOfMessage, encodeMessage, encodeReply } from '../payloads.ts';
import type { Keeping } from '../record-quota.ts';
import { LostExecution } from '../lost-execution.ts';
import { replyOf, type AnnouncedWrite, type Journal, type RunEnd, type SettledStep, type TokenHolder } from '../run-job.ts';
import { holdToken, letGoOfTokens, tokenOf } from '../wait-tokens.ts';
import type { Claim, RetryUntilStored, JournalDeps, JournalDocument, JournalStart } from './journal-deps.ts';
import { DocumentLegs } from './document-legs.ts';
import { executionEnd, stoppedOf, type TerminalEnd } from './run-end.ts';
import { IterationLegs } from './iteration-legs.ts';
import { KeptPayloads } from './kept-payloads.ts';
import { storedWait, type WaitContext, waitsBeside } from './stored-waits.ts';
import { keepLateOutcomes } from './keep-late-outcomes.ts';

const DAY_MS = 86_400_000;

export class ExecutionJournal implements Journal {
  readonly #document: JournalDocument;
  readonly #flow: CompiledFlow;
  readonly #deps: JournalDeps;
  readonly #claim: Claim;
  readonly #onCancelRequested: () => void;
  #epoch: number;
  #isClaimed = false;
  #hasWritten = false;
  readonly #kept: KeptPayloads;
  readonly #legs: DocumentLegs;
  readonly #iterations: IterationLegs;
  /**
   * If true, nothing is stored before the first `write` (with `hasCallerKey`: before the first write of either kind), and
   * all intents are in the one execution document.
   */
  readonly #isInline: boolean;
  readonly #hasCallerKey: boolean;
  #signal: AbortSignal | undefined;
  /** Outcomes of writes that no stored leg contains yet. */
  readonly #unstored = new Set<SettledStep>();
  /** The tokens with which this execution waits. */
  readonly #tokens: Set<string>;
  #tail: Promise<void> = Promise.resolve();
  /** The reply that the caller got. Every later call with the same origin gets this reply. */
  #storedReply: Stored | undefined;
  #onStoreFailing: () => void = () => undefined;

  constructor(
    document: JournalDocument,
    flow: CompiledFlow,
    deps: JournalDeps,
    claim: Claim,
    onCancelRequested: () => void,
    { isInline = false, hasCallerKey = false, signal, iterationLegs = [], steps = [] }: JournalStart = {},
  ) {
    this.#isInline = isInline;
    this.#hasCallerKey = hasCallerKey;
    this.#signal = signal;
    this.#document = document;
    this.#flow = flow;
    this.#deps = deps;
    this.#claim = claim;
    this.#onCancelRequested = onCancelRequested;
    this.#epoch = document.epoch;
    this.#storedReply = document.reply;
    this.#tokens = new Set((document.waits ?? []).flatMap(({ token }) => token ?? []));
    const { payloads, legs } = deps;
    const insist: RetryUntilStored = (attempt) => this.#insist(attempt);
    this.#kept = new KeptPayloads(document, iterationLegs, payloads, insist);
    this.#iterations = new IterationLegs(document._id, iterationLegs, { payloads, legs, insist });
    this.#legs = new DocumentLegs(document.legs, steps, this.#iterations, this.#kept);
  }

  get isClaimed(): boolean {
    return this.#isClaimed;
  }

  /** The epoch of the claim. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The legs whose intents are stored in the document. */
  get intentLegs(): readonly string[] {
    return this.#legs.withIntent;
  }

  /** True if a write of this run is known to be done. */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  /** The blobs that the execution refers to. */
  get blobs(): readonly string[] {
    return this.#kept.blobs;
  }

  /**
   * Adds the size and blobs of the input to what this run stores. An inline run stores its input together with its
   * claim.
   */
  keepInput({ input, blobs = [] }: Pick<ExecutionDocument, 'input' | 'blobs'>): void {
    this.#kept.addBlobs(blobs);
    if (input) this.#kept.addSize(input);
  }

  before(announced: AnnouncedWrite | undefined, step: StepRecord): Promise<void> {
    const intent = announced && this.#intentOf(announced, step);
    this.#tail = this.#tail.then(() => (step.scope === '' ? this.#checkpoint(intent) : this.#iterationCheckpoint(step.scope, intent)));
    return this.#tail;
  }

  notBegun(node: string, path: string): void {
    this.#legs.notBegun(node, path);
  }

  async waiting(text: string, step: string, untilMs: number): Promise<TokenHolder | undefined> {
    // An inline run does not wait; it ends here.
    if (this.#isInline) return undefined;
    const token = this.#tokenOf(text);
    const holder = await this.#insist(() => holdToken(token, { execution: this.#document._id, step }, untilMs, this.#deps));
    if (holder === undefined) this.#tokens.add(token);
    return holder;
  }

  refused({ scope, node }: Pick<StepRecord, 'node' | 'scope'>): void {
    this.#legs.refused(scope, node);
  }

  settled(step: SettledStep): Promise<void> | void {
    const { scope, status } = step.record;
    const isEffect = status !== 'skipped' && (step.node.effect === 'write' || step.node.effect === 'idempotent-write');
    if (isEffect) this.#unstored.add(step);
    if (step.emits !== undefined && writtenBy(step.node, step.emits) === 'write') this.#hasWritten = true;
    if (scope === '' || this.#isInline) {
      this.#legs.add(step);
      return;
    }
    this.#iterations.add(step);
    if (!isEffect) return;
    this.#tail = this.#tail.then(() => this.#insertIterationLeg(scope, undefined, {}));
    return this.#tail;
  }

  /**
   * Stores the reply of a run that continues after its reply. Resolves when the caller may get the reply. If the
   * execution is not stored yet, claims it first, so that another process can end it after a crash.
   */
  replied(reply: Reply): Promise<void> {
    const before = this.#tail;
    const stored = before.then(async () => {
      this.#storedReply = await this.#kept.keep('reply', encodeReply(reply));
      if (!(await this.#write({ kind: 'replied', reply: this.#storedReply, blobs: [...this.#kept.blobs] }, { durability: 'full' })))
        throw new LostExecution('another process took over the execution');
    });
    // If the store fails now, the reply is stored with the end of the run. But if nothing is stored yet, no write may
    // follow: the error then ends the run.
    this.#tail = before.then(() =>
      stored.catch((error: unknown) => {
        this.#storedReply = undefined;
        if (!this.#isClaimed || error instanceof LostExecution) throw error;
      }),
    );
    // The rejection is not lost: the next write or `finish` awaits the tail.
    this.#tail.catch(() => undefined);
    return stored;
  }

  /**
   * Stores how the run ended, and retries while the store fails (each failure calls `onStoreFailing`). Returns `lost`
   * if another process owns the execution now. Outcomes that can no longer be stored in the execution are stored as
   * late outcomes.
   */
  async finish(end: Exclude<RunEnd, { status: 'lost' }>, onStoreFailing?: () => void): Promise<'stored' | 'lost'> {
    if (onStoreFailing) this.#onStoreFailing = onStoreFailing;
    this.#signal = undefined;
    let isStored = false;
    try {
      await this.#tail;
      isStored = await this.#settle(end);
    } finally {
      if (!isStored) await this.keepLateOutcomes();
    }
    return isStored ? 'stored' : 'lost';
  }

  /**
   * Stores the outcomes of writes that the execution can no longer store, so that people see them. Never rejects: it
   * logs what it cannot store.
   */
  async keepLateOutcomes(): Promise<void> {
    this.#signal = undefined;
    const execution = { executionId: this.#document._id, epoch: this.#epoch, flow: this.#flow };
    await keepLateOutcomes(this.#unstored, execution, { ...this.#deps, insist: (attempt) => this.#insist(attempt) });
  }

  async #settle(end: Exclude<RunEnd, { status: 'lost' }>): Promise<boolean> {
    const keeping = this.#deps.quota.keeping(this.#flow, end.status);
    const event = await this.#settling(end, keeping);
    if (!(await this.#write({ ...event, blobs: [...this.#kept.blobs] }, {}))) return false;
    if (event.kind === 'ended') this.#deps.quota.stored(this.#flow, keeping, this.#kept.bytes);
    return true;
  }

  async #settling(end: Exclude<RunEnd, { status: 'lost' }>, keeping: Keeping): Promise<RunEvent> {
    switch (end.status) {
      case 'waiting':
        return {
          kind: 'waiting',
          waits: end.waits.map((point) => storedWait(point, this.#waitContext)),
          leg: (await this.#legs.next(this.#claimEpoch, undefined, {}))?.leg,
        };
      case 'held':
        return this.#holding(end);
      case 'completed':
      case 'failed':
      case 'cancelled':
        return this.#ending(end, keeping);
    }
  }

  #intentOf({ key, message }: AnnouncedWrite, { node, scope, startedAt }: StepRecord): Intent {
    return { node, scope, key, digest: digestOfMessage(encodeMessage(message), this.#deps.seal), at: startedAt };
  }

  #tokenOf(text: string): string {
    return tokenOf(this.#deps.seal, this.#flow.flowId, text);
  }

  async #holding(end: Extract<RunEnd, { status: 'held' }>): Promise<RunEvent> {
    const { node, outcomeKnown, error } = end;
    const reason = end.isFailedAfterWrite ? FAILED_AFTER_WRITE : error.code;
    return {
      kind: 'held',
      hold: { node, reason, outcomeKnown, at: this.#deps.clock.now() },
      error: { code: error.code, kind: error.kind },
      hasWritten: end.hasWritten === true,
      waits: waitsBeside(end, this.#waitContext),
      reply: this.#isAnswerKept ? await this.#keepReply(end.reply) : undefined,
      notDone: this.#legs.notDone(outcomeKnown ? node : undefined),
      leg: (await this.#legs.next(this.#claimEpoch, undefined, stoppedOf(end)))?.leg,
    };
  }

  get #waitContext(): WaitContext {
    const { _id: executionId, waits: before = [] } = this.#document;
    return { executionId, epoch: this.#claimEpoch, flowId: this.#flow.flowId, before, seal: this.#deps.seal };
  }

  async #ending(end: TerminalEnd, { level, forMs, isReduced }: Keeping): Promise<RunEvent> {
    const at = this.#deps.clock.now();
    // Do not delete the legs of iterations at once: after a crash before the end is stored, they show which writes of
    // a loop were done.
    await this.#iterations.expire(at + (level === 'full' ? forMs : DAY_MS));
    await this.#insist(() => letGoOfTokens([...this.#tokens], this.#document._id, this.#deps));
    const isFull = level === 'full';
    if (!isFull) this.#kept.reduceTo(this.#storedReply);
    return {
      kind: 'ended',
      end: executionEnd(end),
      at,
      expiresAt: at + forMs,
      isOverQuota: isReduced,
      keepsInput: isFull,
      // If the flow records less than everything, keep only a reply that a later call with the same key must get.
      reply: isFull || this.#isAnswerKept ? await this.#keepReply(replyOf(end)) : undefined,
      ...(isFull && this.#flow.recordsAllNodes
        ? { leg: (await this.#legs.next(this.#claimEpoch, undefined, stoppedOf(end)))?.leg }
        : { summary: await this.#legs.summary(this.#claimEpoch, level, stoppedOf(end)) }),
    };
  }

  /**
   * True if a later call with the same origin gets the stored reply: the flow is sync, and was stored before a write.
   */
  get #isAnswerKept(): boolean {
    return this.#flow.document.mode === 'sync' && this.#isClaimed;
  }

  async #keepReply(reply: Reply | undefined): Promise<Stored | undefined> {
    return reply && !this.#storedReply ? this.#kept.keep('reply', encodeReply(reply)) : undefined;
  }

  /** The epoch of the current claim, or of the claim that the next write makes. */
  get #claimEpoch(): number {
    return this.#epoch + (this.#isClaimed ? 0 : 1);
  }

  async #checkpoint(intent: Intent | undefined): Promise<void> {
    if (!intent && (this.#isClaimed || (this.#isInline && !this.#hasCallerKey))) return;
    const next = intent && (await this.#legs.next(this.#claimEpoch, intent, {}));
    const blobs = next && [...this.#kept.blobs];
    if (!(await this.#write({ kind: 'checkpoint', leg: next?.leg, blobs }, { durability: intent || this.#isInline ? 'full' : 'light' })))
      throw new LostExecution('another process took over the execution');
    for (const step of next?.steps ?? []) this.#unstored.delete(step);
  }

  async #iterationCheckpoint(scope: string, intent: Intent | undefined): Promise<void> {
    if (!this.#isClaimed) await this.#checkpoint(undefined);
    if (intent && this.#isInline) await this.#checkpoint(intent);
    else if (intent) await this.#insertIterationLeg(scope, intent, { durability: 'full' });
  }

  async #insertIterationLeg(scope: string, intent: Intent | undefined, options: WriteOptions): Promise<void> {
    const { steps, payload } = await this.#iterations.insert(scope, this.#epoch, intent, options);
    this.#kept.addSize(payload);
    for (const step of steps) this.#unstored.delete(step);
  }

  async #write(event: RunEvent, options: WriteOptions): Promise<boolean> {
    if (!this.#isClaimed) {
      const claimed = await this.#claim(event, options);
      if (claimed) {
        this.#isClaimed = true;
        this.#epoch += 1;
      }
      return claimed;
    }
    const { _id: id, firstHeldAt } = this.#document;
    const { match, patch } = transition(
      { status: 'running', epoch: this.#epoch, ...(firstHeldAt === undefined ? {} : { firstHeldAt }) },
      event,
    );
    const result = await this.#insist(() => this.#deps.executions.patchIf(id, match, patch, options));
    if (result.outcome !== 'patched') return settles(event) && (await this.#hasSettled());
    // A settled execution can no longer be cancelled, so do not read the document.
    if (!settles(event) && result.document.cancelRequested) this.#onCancelRequested();
    return true;
  }

  /**
   * Returns true if the store has stored the end of the run although its response was lost. No other process ends a
   * run under this epoch.
   */
  async #hasSettled(): Promise<boolean> {
    const stored = await this.#insist(() => this.#deps.executions.get(this.#document._id));
    return stored?.epoch === this.#epoch && stored.status !== 'running';
  }

  /**
   * Retries the attempt while the store fails, but only if the execution is claimed. Before the claim, the run has
   * changed nothing in other systems, so it may simply fail.
   */
  #insist<T>(attempt: () => Promise<T> | T): Promise<T> {
    const signal = this.#signal;
    return keepStoring(attempt, {
      clock: this.#deps.clock,
      isOver: () => !this.#isClaimed || this.#deps.owners.isStopped || signal?.aborted === true,
      signal,
      onFailure: () => this.#onStoreFailing(),
    });
  }
}
