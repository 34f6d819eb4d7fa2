/**
 * Writes an execution down as it runs: the claim carries the first intent, each further write its own,
 * the settle ends it. Every update names the epoch; one that comes too late is refused and kept as a late outcome.
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
/** About as much as an execution takes beside its payloads, with its indexes. */
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
  /** Stores nothing before the first `write`; all intents lie in the one document. */
  readonly #isInline: boolean;
  #signal: AbortSignal | undefined;
  readonly #openIntents = new Map<string, string>();
  /** Legs whose announced write was stopped before it began. */
  readonly #notBegun = new Set<string>();
  /** Keys of steps whose announced write was surely not done. */
  readonly #refused: string[] = [];
  /** Outcomes of writes that no leg holds yet. */
  readonly #unstored = new Set<SettledStep>();
  readonly #blobs: string[];
  /** That stand for waits of this execution. */
  readonly #tokens: Set<string>;
  /** Of payloads, with what earlier claims stored. */
  #storedBytes = ROW_BYTES;
  /** Records of steps that earlier legs hold. */
  readonly #storedSteps: StepRecord[];
  #tail: Promise<void> = Promise.resolve();
  /** What the caller was told; it stays what every later call of the same origin is told. */
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

  /** Of its claim. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Intents that stand in the document, by the leg that holds them. */
  get intentLegs(): readonly string[] {
    return [...this.#openIntents.values()];
  }

  /** Some write of this run is known to have been done. */
  get hasWritten(): boolean {
    return this.#hasWritten;
  }

  /** Blobs that the execution refers to. */
  get blobs(): readonly string[] {
    return this.#blobs;
  }

  /** What an inline run stores of its call. */
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
    // A caller's run does not wait: it ends here, and says so.
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

  /** Stores the reply of a run that goes on after it: resolves when the caller may be told. An execution that was not stored yet is, so that it is ended by somebody. */
  replied(reply: Reply): Promise<void> {
    const before = this.#tail;
    const stored = before.then(async () => {
      this.#storedReply = await this.#keep('reply', encodeReply(reply));
      if (!(await this.#write({ kind: 'replied', reply: this.#storedReply, blobs: [...this.#blobs] }, { durability: 'full' })))
        throw new LostExecution('the execution was taken by somebody else');
    });
    // A store that fails now keeps the answer for the end. Where nothing is stored yet nothing may follow: what was asked to be stored is taken back.
    this.#tail = before.then(() =>
      stored.catch((error: unknown) => {
        this.#storedReply = undefined;
        if (!this.#isClaimed || error instanceof LostExecution) throw error;
      }),
    );
    // Whoever stores next, or the end, hears of it.
    this.#tail.catch(() => undefined);
    return stored;
  }

  /**
   * Stores how the run ended, however long the store fails (`onStoreFailing`: it does). `lost`: it was not ours any more. What it knew that
   * can never be stored here is kept as a late outcome.
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

  /** Outcomes of writes that the execution can take no more, for people to see. Never rejects: what cannot be kept is logged. */
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
    // Never at once: a crash before the end is stored must still find which of a loop's writes were done.
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
      // Beyond the flow's own level only an answer that the same key must get again is kept.
      reply: isFull || this.#isAnswerKept ? await this.#keepReply(replyOf(end)) : undefined,
      ...(isFull && this.#flow.recordsAllNodes
        ? { leg: (await this.#nextLeg(undefined, stoppedOf(end)))?.leg }
        : { summary: await this.#summary(end, level) }),
    };
  }

  /** In place of all legs: which steps there were, and of those that are recorded in full what they made. */
  async #summary(end: TerminalEnd, level: Keeping['level']): Promise<LegRecord> {
    const steps = level === 'none' ? [] : [...this.#storedSteps, ...this.#iterations.shown(this.#pending).map((step) => step.record)];
    const emits = level === 'full' ? emitsOf(this.#pending.filter((step) => step.node.record === 'full')) : {};
    const payload: LegPayload = { steps, emits, ...stoppedOf(end) };
    return { epoch: this.#claimEpoch, payload: await this.#keep('legs.0', payload) };
  }

  /** The same origin gets the answer again: it ran inline, and was stored before a write. */
  get #isAnswerKept(): boolean {
    return this.#isInline && this.#isClaimed;
  }

  async #keepReply(reply: Reply | undefined): Promise<Stored | undefined> {
    return reply && !this.#storedReply ? this.#keep('reply', encodeReply(reply)) : undefined;
  }

  /** The epoch of the claim that is made or about to be made. */
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

  /** A leg of the steps settled since the last one; undefined when there is nothing to store. */
  async #nextLeg(intent: Intent | undefined, stopped: Stopped): Promise<NextLeg | undefined> {
    // With an intent only what was read is kept; the records of pure steps are written with the settle.
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

  /** The leg that holds the intent of this node, if there is one. */
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
    // What a settle ends cannot be cancelled any more: its document is not even read.
    if (!settles(event) && result.document.cancelRequested) this.#onCancelRequested();
    return true;
  }

  /** The settle was kept and its answer lost: nobody else ends a run under its epoch. */
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

  /** Before the claim nothing was done, and nothing is insisted on. */
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
