/**
 * Records an execution as it runs. The claim carries the first intent, each further write its own, and the settle
 * ends it. Every update names the epoch. An update that comes too late is refused, and its outcome is kept as a late
 * outcome.
 */
import type { Reply } from '../../contract/node/node.ts';
import type { WriteOptions } from '../../contract/ports/documents.ts';
import type { CompiledFlow } from '../../compile/compile-flow.ts';
import { settles, transition, type RunEvent } from '../transition.ts';
import {
  FAILED_AFTER_WRITE,
  type ExecutionDocument,
  type Intent,
  type LegRecord,
  type StepRecord,
  type Stored,
} from '../execution-document.ts';
import { writtenBy } from '../done-writes.ts';
import { keepStoring } from '../keep-storing.ts';
import { bytesOf, digestOfMessage, encodeMessage, encodeReply } from '../payloads.ts';
import type { Keeping } from '../record-quota.ts';
import { emitsOf, keepsOutput, legPayload, type LegPayload, type Stopped } from '../leg-payload.ts';
import { LostExecution } from '../lost-execution.ts';
import { replyOf, stepKey, type Announced, type Journal, type RunEnd, type SettledStep, type TokenHolder } from '../run-job.ts';
import { holdToken, letGoOfTokens, tokenOf } from '../wait-tokens.ts';
import { executionPlace } from '../stored-execution.ts';
import type { Claim, JournalDeps, JournalDocument, JournalStart } from './journal-deps.ts';
import { executionEnd, stoppedOf, type TerminalEnd } from './run-end.ts';
import { IterationLegs } from './iteration-legs.ts';
import { storedWait, type WaitContext, waitsBeside } from './stored-waits.ts';
import { keepLateOutcomes } from './keep-late-outcomes.ts';

interface NextLeg {
  readonly leg: { readonly key: string; readonly record: LegRecord };
  readonly steps: readonly SettledStep[];
}

const DAY_MS = 86_400_000;
/** Roughly the size of an execution without its payloads, including its index entries. */
const ROW_BYTES = 1_200;

export class ExecutionJournal implements Journal {
  readonly #document: JournalDocument;
  readonly #flow: CompiledFlow;
  readonly #deps: JournalDeps;
  readonly #claim: Claim;
  readonly #onCancelRequested: () => void;
  #epoch: number;
  #isClaimed = false;
  #hasWritten = false;
  #legCount: number;
  #pending: SettledStep[] = [];
  readonly #iterations: IterationLegs;
  /** Stores nothing before the first `write`. All intents are kept in the one execution document. */
  readonly #isInline: boolean;
  #signal: AbortSignal | undefined;
  readonly #openIntents = new Map<string, string>();
  /** Legs whose announced write was stopped before it started. */
  readonly #notBegun = new Set<string>();
  /** Keys of steps whose announced write was surely not done. */
  readonly #refused: string[] = [];
  /** Outcomes of writes that are not in a stored leg yet. */
  readonly #unstored = new Set<SettledStep>();
  readonly #blobs: string[];
  /** Tokens that stand for waits of this execution. */
  readonly #tokens: Set<string>;
  /** Size of the payloads, including those stored by earlier claims. */
  #storedBytes = ROW_BYTES;
  /** Records of steps in earlier legs. */
  readonly #storedSteps: StepRecord[];
  #tail: Promise<void> = Promise.resolve();
  /** The reply the caller got. Every later call with the same origin gets the same one. */
  #storedReply: Stored | undefined;
  #onStoreFailing: () => void = () => undefined;

  constructor(
    document: JournalDocument,
    flow: CompiledFlow,
    deps: JournalDeps,
    claim: Claim,
    onCancelRequested: () => void,
    { isInline = false, signal, iterationLegs = [], steps = [] }: JournalStart = {},
  ) {
    this.#isInline = isInline;
    this.#signal = signal;
    this.#storedSteps = [...steps];
    this.#document = document;
    this.#flow = flow;
    this.#deps = deps;
    this.#claim = claim;
    this.#onCancelRequested = onCancelRequested;
    this.#epoch = document.epoch;
    this.#legCount = Object.keys(document.legs).length;
    this.#blobs = [...(document.blobs ?? [])];
    this.#storedReply = document.reply;
    this.#tokens = new Set((document.waits ?? []).flatMap(({ token }) => token ?? []));
    if (document.input) this.#storedBytes += bytesOf(document.input);
    for (const { payload } of [...Object.values(document.legs), ...iterationLegs]) if (payload) this.#storedBytes += bytesOf(payload);
    const { payloads, legs } = deps;
    this.#iterations = new IterationLegs(document._id, iterationLegs, { payloads, legs, insist: (attempt) => this.#insist(attempt) });
  }

  get isClaimed(): boolean {
    return this.#isClaimed;
  }

  /** The epoch of its claim. */
  get epoch(): number {
    return this.#epoch;
  }

  /** The legs whose intents are stored in the document. */
  get intentLegs(): readonly string[] {
    return [...this.#openIntents.values()];
  }

  /** True when a write of this run is known to be done. */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  /** Blobs the execution refers to. */
  get blobs(): readonly string[] {
    return this.#blobs;
  }

  /** Adds the call's input that an inline run stores. */
  keepInput({ input, blobs = [] }: Pick<ExecutionDocument, 'input' | 'blobs'>): void {
    this.#blobs.push(...blobs);
    if (input) this.#storedBytes += bytesOf(input);
  }

  before(announced: Announced | undefined, step: StepRecord): Promise<void> {
    const intent = announced && this.#intentOf(announced, step);
    this.#tail = this.#tail.then(() => (step.scope === '' ? this.#checkpoint(intent) : this.#iterationCheckpoint(step.scope, intent)));
    return this.#tail;
  }

  notBegun(node: string, path: string): void {
    const leg = this.#openIntents.get(node);
    if (path === '' && leg !== undefined) this.#notBegun.add(leg);
  }

  async waiting(text: string, step: string, untilMs: number): Promise<TokenHolder | undefined> {
    // An inline run does not wait: it ends here.
    if (this.#isInline) return undefined;
    const token = this.#tokenOf(text);
    const holder = await this.#insist(() => holdToken(token, { execution: this.#document._id, step }, untilMs, this.#deps));
    if (holder === undefined) this.#tokens.add(token);
    return holder;
  }

  refused({ scope, node }: Pick<StepRecord, 'node' | 'scope'>): void {
    this.#refused.push(stepKey(scope, node));
  }

  settled(step: SettledStep): Promise<void> | void {
    const { scope, status } = step.record;
    const isEffect = status !== 'skipped' && (step.node.effect === 'write' || step.node.effect === 'idempotent-write');
    if (isEffect) this.#unstored.add(step);
    if (step.emits !== undefined && writtenBy(step.node, step.emits) === 'write') this.#hasWritten = true;
    if (scope === '' || this.#isInline) {
      this.#pending.push(step);
      return;
    }
    this.#iterations.add(step);
    if (!isEffect) return;
    this.#tail = this.#tail.then(() => this.#insertIterationLeg(scope, undefined, {}));
    return this.#tail;
  }

  /**
   * Stores the reply of a run that continues after it. Resolves when the caller may get the reply. Claims the
   * execution first if it is not stored yet, so that another process can end it after a crash.
   */
  replied(reply: Reply): Promise<void> {
    const before = this.#tail;
    const stored = before.then(async () => {
      this.#storedReply = await this.#keep('reply', encodeReply(reply));
      if (!(await this.#write({ kind: 'replied', reply: this.#storedReply, blobs: [...this.#blobs] }, { durability: 'full' })))
        throw new LostExecution('the execution was taken by somebody else');
    });
    // If the store fails now, the end of the run stores the reply. If nothing is stored yet, no write may follow: the
    // claim is taken back.
    this.#tail = before.then(() =>
      stored.catch((error: unknown) => {
        this.#storedReply = undefined;
        if (!this.#isClaimed || error instanceof LostExecution) throw error;
      }),
    );
    // The rejection reaches the next write or `finish`, which await the tail.
    this.#tail.catch(() => undefined);
    return stored;
  }

  /**
   * Stores how the run ended, and retries as long as the store fails (each failure calls `onStoreFailing`). Returns
   * `lost` if another process owns the execution now. Outcomes that can no longer be stored here are kept as late
   * outcomes.
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
   * Keeps the outcomes of writes that the execution can no longer store, for people to see. Never rejects: it logs
   * what it cannot keep.
   */
  async keepLateOutcomes(): Promise<void> {
    this.#signal = undefined;
    const execution = { executionId: this.#document._id, epoch: this.#epoch, flow: this.#flow };
    await keepLateOutcomes(this.#unstored, execution, { ...this.#deps, insist: (attempt) => this.#insist(attempt) });
  }

  async #settle(end: Exclude<RunEnd, { status: 'lost' }>): Promise<boolean> {
    const keeping = this.#deps.quota.keeping(this.#flow, end.status);
    const event = await this.#settling(end, keeping);
    if (!(await this.#write({ ...event, blobs: [...this.#blobs] }, {}))) return false;
    if (event.kind === 'ended') this.#deps.quota.stored(this.#flow, keeping, this.#storedBytes);
    return true;
  }

  async #settling(end: Exclude<RunEnd, { status: 'lost' }>, keeping: Keeping): Promise<RunEvent> {
    switch (end.status) {
      case 'waiting':
        return {
          kind: 'waiting',
          waits: end.waits.map((point) => storedWait(point, this.#waitContext)),
          leg: (await this.#nextLeg(undefined, {}))?.leg,
        };
      case 'held':
        return this.#holding(end);
      case 'completed':
      case 'failed':
      case 'cancelled':
        return this.#ending(end, keeping);
    }
  }

  #intentOf({ key, message }: Announced, { node, scope, startedAt }: StepRecord): Intent {
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
      notDone: [...(outcomeKnown ? this.#intentLegOf(node) : []), ...this.#notBegun],
      leg: (await this.#nextLeg(undefined, stoppedOf(end)))?.leg,
    };
  }

  get #waitContext(): WaitContext {
    const { _id: executionId, waits: before = [] } = this.#document;
    return { executionId, epoch: this.#claimEpoch, flowId: this.#flow.flowId, before, seal: this.#deps.seal };
  }

  async #ending(end: TerminalEnd, { level, forMs, isReduced }: Keeping): Promise<RunEvent> {
    const at = this.#deps.clock.now();
    // Never delete them at once: after a crash before the end is stored, they show which of a loop's writes were
    // done.
    await this.#iterations.expire(at + (level === 'full' ? forMs : DAY_MS));
    await this.#insist(() => letGoOfTokens([...this.#tokens], this.#document._id, this.#deps));
    const isFull = level === 'full';
    if (!isFull) {
      this.#blobs.length = 0;
      this.#storedBytes = ROW_BYTES;
      if (this.#storedReply) this.#refer(this.#storedReply);
    }
    return {
      kind: 'ended',
      end: executionEnd(end),
      at,
      expiresAt: at + forMs,
      isOverQuota: isReduced,
      keepsInput: isFull,
      // Above the flow's own recording level, keep only a reply that the same key must get again.
      reply: isFull || this.#isAnswerKept ? await this.#keepReply(replyOf(end)) : undefined,
      ...(isFull && this.#flow.recordsAllNodes
        ? { leg: (await this.#nextLeg(undefined, stoppedOf(end)))?.leg }
        : { summary: await this.#summary(end, level) }),
    };
  }

  /** Replaces all legs: the records of the steps, and the outputs of the steps that are recorded in full. */
  async #summary(end: TerminalEnd, level: Keeping['level']): Promise<LegRecord> {
    const steps = level === 'none' ? [] : [...this.#storedSteps, ...this.#iterations.shown(this.#pending).map((step) => step.record)];
    const emits = level === 'full' ? emitsOf(this.#pending.filter((step) => step.node.record === 'full')) : {};
    const payload: LegPayload = { steps, emits, ...stoppedOf(end) };
    return { epoch: this.#claimEpoch, payload: await this.#keep('legs.0', payload) };
  }

  /** A later call with the same origin gets this reply again: the run was inline and was stored before a write. */
  get #isAnswerKept(): boolean {
    return this.#isInline && this.#isClaimed;
  }

  async #keepReply(reply: Reply | undefined): Promise<Stored | undefined> {
    return reply && !this.#storedReply ? this.#keep('reply', encodeReply(reply)) : undefined;
  }

  /** The epoch of the claim that is made, or is about to be made. */
  get #claimEpoch(): number {
    return this.#epoch + (this.#isClaimed ? 0 : 1);
  }

  async #checkpoint(intent: Intent | undefined): Promise<void> {
    if (!intent && (this.#isClaimed || this.#isInline)) return;
    const next = intent && (await this.#nextLeg(intent, {}));
    const blobs = next && [...this.#blobs];
    if (!(await this.#write({ kind: 'checkpoint', leg: next?.leg, blobs }, { durability: intent ? 'full' : 'light' })))
      throw new LostExecution('the execution was taken by somebody else');
    for (const step of next?.steps ?? []) this.#unstored.delete(step);
  }

  async #iterationCheckpoint(scope: string, intent: Intent | undefined): Promise<void> {
    if (!this.#isClaimed) await this.#checkpoint(undefined);
    if (intent && this.#isInline) await this.#checkpoint(intent);
    else if (intent) await this.#insertIterationLeg(scope, intent, { durability: 'full' });
  }

  async #insertIterationLeg(scope: string, intent: Intent | undefined, options: WriteOptions): Promise<void> {
    const { steps, payload } = await this.#iterations.insert(scope, this.#epoch, intent, options);
    this.#storedBytes += bytesOf(payload);
    for (const step of steps) this.#unstored.delete(step);
  }

  /** Builds a leg of the steps settled since the last one; undefined when there is nothing to store. */
  async #nextLeg(intent: Intent | undefined, stopped: Stopped): Promise<NextLeg | undefined> {
    // A leg with an intent keeps only outputs that cannot be recomputed. The records of pure steps are written with
    // the settle.
    const steps = intent ? this.#pending.filter((step) => keepsOutput(step.node)) : this.#iterations.shown(this.#pending);
    this.#pending = intent ? this.#pending.filter((step) => !keepsOutput(step.node)) : [];
    const isStopped = stopped.error !== undefined;
    if (steps.length === 0 && !intent && !isStopped) return undefined;
    const key = String(this.#legCount);
    const record: LegRecord = {
      epoch: this.#claimEpoch,
      ...(intent === undefined ? {} : { intent }),
      ...(steps.length === 0 && !isStopped ? {} : { payload: await this.#keep(`legs.${key}`, legPayload(steps, stopped, this.#refused)) }),
    };
    this.#legCount += 1;
    this.#storedSteps.push(...steps.map((step) => step.record));
    if (intent) this.#openIntents.set(intent.node, key);
    return { leg: { key, record }, steps };
  }

  /** The key of the leg that holds the intent of this node, if any. */
  #intentLegOf(node: string): readonly string[] {
    const key = this.#openIntents.get(node) ?? Object.entries(this.#document.legs).findLast(([, leg]) => leg.intent?.node === node)?.[0];
    return key === undefined ? [] : [key];
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
    // A settled execution can no longer be cancelled, so the document is not read.
    if (!settles(event) && result.document.cancelRequested) this.#onCancelRequested();
    return true;
  }

  /** The store kept the settle but its response was lost. No other process ends a run under this epoch. */
  async #hasSettled(): Promise<boolean> {
    const stored = await this.#insist(() => this.#deps.executions.get(this.#document._id));
    return stored?.epoch === this.#epoch && stored.status !== 'running';
  }

  async #keep(field: string, value: unknown): Promise<Stored> {
    const stored = await this.#insist(() => this.#deps.payloads.store(executionPlace(this.#document._id, field), value));
    this.#refer(stored);
    return stored;
  }

  #refer(stored: Stored): void {
    if ('blob' in stored) this.#blobs.push(stored.blob);
    this.#storedBytes += bytesOf(stored);
  }

  /** Does not retry before the claim: nothing was done outside yet. */
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
