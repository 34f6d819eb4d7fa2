/**
 * Checks a store before it is used. The audit trail must be complete and match its signed head. Each document with a
 * mark must be in the version that was written last. If the trail fails, the store is read only and processes no
 * messages until the security administrator accepts the trail.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError, toErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { adoptMarks, adoptOne, standingMarks } from '../../engine/integrity/adopt-marks.ts';
import { compareMarks, type TrailMarks } from '../../engine/integrity/compare-marks.ts';
import type { Finding } from '../../engine/integrity/integrity-state.ts';
import type { MarkChange } from '../../engine/integrity/mark-changes.ts';
import { MARKED_COLLECTIONS } from '../../engine/integrity/marked-collections.ts';
import { integritySpec, type Integrity } from '../../engine/integrity/open-integrity.ts';
import type { Actor } from '../access/actor.ts';
import { chainBroken, type AuditLog } from '../audit/audit-log.ts';
import { ENFORCE, type ChainBreak, type Replay } from '../audit/walk-chain.ts';
import { headMissing, type AuditHead, type AuditHeads } from '../audit/audit-head.ts';
import { problemOf, trailRefused, type TrailProblem } from '../audit/trail-problem.ts';
import type { AcceptedTrail, IntegrityReport, StoreGuard } from './store-guard.ts';

export interface GuardDeps {
  /** The documents, read without checking marks. */
  readonly documents: Documents;
  readonly collections: () => readonly CollectionSpec<StoredDocument>[];
  readonly integrity: Integrity;
  readonly audit: AuditLog;
  readonly heads?: AuditHeads | undefined;
  /** True if this process writes audit lines and signs the head. Others read the head if its file is readable. */
  readonly isKeeper: boolean;
  /** True if the documents come from a backup that was opened with its key. They are trusted without marks. */
  readonly isRestored?: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called for each signed head, in order to copy it to other places. */
  onHead?(head: AuditHead & { readonly signature: string }): void;
}

const SIGN_EVERY_MS = 60_000;
/** Interval at which a process checks whether another process has ended the read-only state. */
const LOOK_AGAIN_MS = 15_000;
const SYSTEM: Actor = { account: 'system', roles: [], domains: 'all', via: 'system', from: 'process' };

export async function guardStore(deps: GuardDeps): Promise<StoreGuard> {
  const guard = new Guard(deps);
  await guard.start();
  return guard;
}

/** Checks the store like `guardStore`, but neither signs nor writes anything. */
export async function verifyStore(deps: GuardDeps & { readonly signal?: AbortSignal }): Promise<IntegrityReport> {
  const guard = new Guard(deps);
  const { replay, head } = await guard.look();
  await guard.enforceAsBefore(replay, head);
  return guard.verify(deps.signal);
}

class Guard implements StoreGuard {
  readonly #deps: GuardDeps;
  readonly #accepted = Promise.withResolvers<void>();
  #problem: TrailProblem | undefined;
  #breaks: readonly ChainBreak[] = [];
  #missingSince: number | undefined;
  #isFirstStart = false;
  #signed: AuditHead | undefined;
  #cancel: () => void = () => undefined;
  #isStopped = false;
  #isReleased = false;

  constructor(deps: GuardDeps) {
    this.#deps = deps;
  }

  async look(): Promise<{ readonly replay: Replay; readonly head: AuditHead | undefined }> {
    const { head, problem: ofHead } = await this.#readHead();
    const replay = await this.#replay(head);
    this.#signed = head;
    const isEnforced = this.isEnforced || replay.enforcedAt !== undefined || head?.isEnforced === true;
    const problem = ofHead ?? problemOf(head, replay, isEnforced) ?? (await this.#heldBy(head));
    if (problem !== undefined && problem.why !== this.#problem?.why) this.#logTrailProblem(problem);
    this.#problem = problem;
    this.#missingSince ??= head === undefined ? this.#findMissing(replay, isEnforced) : head.missingSince;
    return { replay, head };
  }

  async start(): Promise<void> {
    const { integrity, documents } = this.#deps;
    const { replay, head } = await this.look();
    const isWhole = this.#problem === undefined && this.findings().length === 0;
    this.#isFirstStart = replay.head.number === 0 && isWhole && head === undefined;
    await this.enforceAsBefore(replay, head);
    if (!integrity.state.isEnforced() && documents.isExclusive && this.#problem === undefined) await this.#enforce(SYSTEM);
    else {
      await this.#compare(replay);
      await this.#notifyOthers();
      if (this.#problem !== undefined) return this.#scheduleLook();
      if (integrity.state.isEnforced() && replay.enforcedAt === undefined && this.#isFirstStart) await this.#recordEnforced(SYSTEM, []);
    }
    await this.#sign();
    this.#schedule();
  }

  get isEnforced(): boolean {
    return this.#deps.integrity.state.isEnforced();
  }

  get isFirstStart(): boolean {
    return this.#isFirstStart;
  }

  findings(): readonly Finding[] {
    return this.#deps.integrity.state.findings();
  }

  trailProblem(): TrailProblem | undefined {
    return this.#problem;
  }

  headMissingSince(): number | undefined {
    return this.#missingSince;
  }

  breaks(): readonly ChainBreak[] {
    return this.#breaks;
  }

  async released(signal: AbortSignal): Promise<void> {
    if (this.#problem === undefined) return;
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    await Promise.race([this.#accepted.promise, promise]).finally(() => signal.removeEventListener('abort', onAbort));
  }

  async acceptTrail(): Promise<AcceptedTrail> {
    const { integrity, documents } = this.#deps;
    await this.#refuseUnseen();
    if (!integrity.state.isEnforced() && documents.isExclusive) await this.#enforce(SYSTEM);
    const marks = integrity.state.isEnforced() ? await this.#standing() : undefined;
    const accepted = this.#breaks.map(({ number, to, why }) => [number, to, why] as const);
    this.#breaks = this.#breaks.map((one) => ({ ...one, isAccepted: true }));
    this.#missingSince = undefined;
    await integrity.release();
    await this.#release();
    return { acceptance: { accepted, ...(marks === undefined ? {} : { documents: marks.length }) }, marks: marks ?? [] };
  }

  async decide(collection: string, id: string, decision: 'keep' | 'remove'): Promise<MarkChange> {
    const { documents, integrity, collections } = this.#deps;
    const spec = MARKED_COLLECTIONS.has(collection) ? collections().find(({ name }) => name === collection) : undefined;
    const finding = this.findings().find((one) => one.collection === collection && one.id === id);
    if (spec === undefined || finding === undefined) throw nothingFound(collection, id);
    const { marker, state, revisions } = integrity;
    if (decision === 'keep') {
      const kept = await adoptOne({ documents, marker, revisions }, spec, id, { isAlwaysNew: true });
      if (kept === undefined) throw nothingFound(collection, id);
      state.settle(collection, id);
      return kept;
    }
    await (await documents.open(spec)).remove(id);
    state.settle(collection, id);
    return { collection, id, revision: revisions.next() };
  }

  async enforce(actor: Actor, check: () => Promise<void>): Promise<void> {
    if (this.#problem !== undefined) throw trailRefused(this.#problem);
    if (!this.isEnforced) await this.#enforce(actor, check);
  }

  async #enforce(actor: Actor, check: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const { integrity, documents, collections, audit } = this.#deps;
    const intent = await audit.intent({ action: ENFORCE, actor });
    const marks: MarkChange[] = [];
    const { marker, revisions } = integrity;
    try {
      await check();
      for await (const mark of adoptMarks({ documents, collections: collections(), marker, revisions })) marks.push(mark);
    } catch (error) {
      await audit.result(intent, { outcome: toErrorRecord(error).code, note: {}, marks });
      throw error;
    }
    // Write the line first: a store that enforces marks without a line about it would count as tampered with.
    await audit.result(intent, { outcome: 'done', note: { after: { documents: marks.length } }, marks });
    await integrity.commit();
    this.#deps.logger.info('integrity.enforced', { documents: marks.length });
  }

  async verify(signal?: AbortSignal): Promise<IntegrityReport> {
    const { integrity } = this.#deps;
    const replay = await this.#replay(this.#problem === undefined ? this.#signed : undefined, signal);
    const documents = await this.#compare(replay, signal);
    const trail = this.#problem;
    return {
      chain: replay.report,
      documents,
      findings: this.findings(),
      isEnforced: integrity.state.isEnforced(),
      ...(trail === undefined ? {} : { trail }),
      ...(this.#missingSince === undefined ? {} : { headMissingSince: this.#missingSince }),
    };
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    if (this.#problem === undefined) await this.#sign();
  }

  /**
   * Rejects with AUDIT_CHAIN_BROKEN (bug) if there is a break that the person has not seen yet. The page shows this
   * break after it is loaded again.
   */
  async #refuseUnseen(): Promise<void> {
    const seen = this.#breaks;
    await this.#replay(undefined);
    const fresh = this.#breaks.find(({ number, to }) => !seen.some((one) => one.number <= number && to <= one.to));
    if (fresh !== undefined) throw chainBroken(fresh);
  }

  async #replay(expected: AuditHead | undefined, signal?: AbortSignal): Promise<Replay> {
    const replay = await this.#deps.audit.replay({ expected, signal });
    this.#breaks = replay.report.intact ? [] : replay.report.breaks;
    return replay;
  }

  /** Returns the marks of all documents whose stored version is the one that was written last. */
  async #standing(): Promise<readonly MarkChange[]> {
    const { documents, collections, integrity } = this.#deps;
    const marks: MarkChange[] = [];
    for await (const mark of standingMarks({ ...integrity, documents, collections: collections() })) marks.push(mark);
    return marks;
  }

  async #readHead(): Promise<{ readonly head?: AuditHead | undefined; readonly problem?: TrailProblem }> {
    const { heads, integrity, logger, isKeeper } = this.#deps;
    try {
      // If the stored state was removed, the store has a new id, and there is no head under this id. So use the newest
      // head.
      return { head: (await heads?.read(integrity.storeId)) ?? (await heads?.newest()) };
    } catch (error) {
      logger.error('audit.head-broken', error);
      // The file may belong to another user. Then the process that writes the file reports the problem.
      return isKeeper ? { problem: { why: 'unreadable', lines: 0 } } : {};
    }
  }

  /**
   * Returns the current time if the signed head is missing although it must exist: marks are enforced, and only this
   * process uses the store. On a database server, a control process on another machine may have the head.
   */
  #findMissing({ head }: Replay, isEnforced: boolean): number | undefined {
    const { isKeeper, heads, documents, logger, clock } = this.#deps;
    const isExpected = isKeeper && heads !== undefined && documents.isExclusive && isEnforced && head.number > 0;
    if (!isExpected || this.#problem !== undefined) return undefined;
    logger.error('audit.head-missing', headMissing(heads.file));
    return clock.now();
  }

  /**
   * Returns the problem that another process found with its head. Returns undefined if this process has a head of the
   * same line or a later one, because it has then checked more than the other process.
   */
  async #heldBy(head: AuditHead | undefined): Promise<TrailProblem | undefined> {
    const { integrity, documents, isKeeper } = this.#deps;
    if (documents.isExclusive) return undefined;
    const held = (await integrity.held()) as TrailProblem | undefined;
    const isDisproved = isKeeper && head !== undefined && (held?.headNumber ?? 0) <= head.number;
    return isDisproved ? undefined : held;
  }

  /** Stores or removes the problem, for other processes: without the head they miss a cut-off end of the trail. */
  async #notifyOthers(): Promise<void> {
    const { integrity, documents, isKeeper } = this.#deps;
    if (documents.isExclusive || !isKeeper) return;
    if (this.#problem === undefined) await integrity.release();
    else await integrity.hold({ ...this.#problem });
  }

  async #release(): Promise<void> {
    this.#isReleased = true;
    this.#problem = undefined;
    await this.#sign();
    this.#schedule();
    this.#accepted.resolve();
  }

  /** Checks again later, because another process may have ended the read-only state. */
  #scheduleLook(): void {
    if (this.#isStopped || this.#isReleased || this.#deps.documents.isExclusive) return;
    this.#cancel();
    this.#cancel = this.#deps.clock.after(LOOK_AGAIN_MS, () => {
      this.#recheck()
        .catch((error: unknown) => this.#deps.logger.debug('audit.look-failed', { code: toErrorRecord(error).code }))
        .finally(() => this.#scheduleLook());
    });
  }

  async #recheck(): Promise<void> {
    // Reading the audit trail is costly. Skip it while the problem is still stored, because nobody has accepted the
    // audit trail then.
    if ((await this.#deps.integrity.held()) !== undefined) return;
    const { replay } = await this.look();
    // The audit trail was accepted in this process during this read, so the problem that was read is outdated.
    if (this.#isReleased) this.#problem = undefined;
    if (this.#problem !== undefined || this.#isReleased) return;
    await this.#compare(replay);
    this.#deps.logger.info('audit.trail-released');
    await this.#release();
  }

  /**
   * Enforces marks if this store enforced them before. Its stored state may have been removed, but the audit trail and
   * the head still show it. If the audit trail itself is refused and no other process uses the store, marks are
   * enforced too: otherwise someone who changed the store could create an account that accepts the audit trail.
   */
  async enforceAsBefore(replay: Replay, head: AuditHead | undefined): Promise<void> {
    const { integrity, documents, isRestored } = this.#deps;
    if (integrity.state.isEnforced()) return;
    const isRemembered = head?.isEnforced === true || (this.#problem !== undefined && documents.isExclusive);
    if (replay.enforcedAt === undefined && (isRestored === true || !isRemembered)) return;
    // A new state means that the earlier state was removed, so report it. If a process only died between writing the
    // audit line and `commit`, the state is not new.
    if (integrity.isNewState) integrity.state.report(integritySpec.name, 'store', 'removed');
    await integrity.commit(replay.enforcedAt ?? head?.at);
  }

  async #compare(replay: Replay, signal?: AbortSignal): Promise<number> {
    const { documents, collections, integrity } = this.#deps;
    const { marker, state, revisions } = integrity;
    if (!state.isEnforced()) return 0;
    return compareMarks({
      documents,
      collections: collections(),
      marker,
      state,
      revisions,
      trail: trailMarks(replay),
      readTrail: async () => trailMarks(await this.#replay(this.#problem === undefined ? this.#signed : undefined, signal)),
      signal,
    });
  }

  async #recordEnforced(actor: Actor, marks: readonly MarkChange[]): Promise<void> {
    const { audit } = this.#deps;
    await audit.result(await audit.intent({ action: ENFORCE, actor }), { outcome: 'done', note: {}, marks });
  }

  #logTrailProblem(problem: TrailProblem): void {
    const { headNumber = 0, lines, why } = problem;
    this.#deps.logger.error('audit.trail-refused', trailRefused(problem), { why, headNumber, lines });
  }

  async #sign(): Promise<void> {
    const { heads, audit, integrity, clock, logger, isKeeper } = this.#deps;
    if (heads === undefined || !isKeeper) return;
    const isEnforced = integrity.state.isEnforced();
    const { number, mac } = audit.head();
    const last = this.#signed;
    const missingSince = this.#missingSince;
    if (last?.number === number && last.mac === mac && last.isEnforced === isEnforced && last.missingSince === missingSince) return;
    try {
      const missing = missingSince === undefined ? {} : { missingSince };
      const head: AuditHead = { storeId: integrity.storeId, number, mac, at: clock.now(), isEnforced, ...missing };
      const signed = await heads.write(head);
      this.#signed = head;
      this.#deps.onHead?.(signed);
    } catch (error) {
      logger.error('audit.head-not-kept', error, { file: heads.file });
    }
  }

  #schedule(): void {
    this.#cancel();
    if (this.#isStopped || !this.#deps.isKeeper) return;
    this.#cancel = this.#deps.clock.after(SIGN_EVERY_MS, () => void this.#sign().finally(() => this.#schedule()));
  }
}

function trailMarks({ ledger, open }: Replay): TrailMarks {
  return {
    latestOf: (collection) => ledger.of(collection),
    floor: ledger.floor,
    mayBeRemoved: (_collection, id) => open.some(({ subject }) => subject !== undefined && isAbout(subject, id)),
  };
}

/** Returns true if the subject of an audit line is this document or its parent: `app|key` belongs to the app. */
function isAbout(subject: string, id: string): boolean {
  return subject === id || id.startsWith(`${subject}|`) || subject.replace('/', '|') === id;
}

function nothingFound(collection: string, id: string): AppError {
  return new AppError('INTEGRITY_NOTHING_FOUND', 'input', `There is no finding about ${id} in "${collection}", or it no longer exists.`, {
    values: { collection, id },
    fix: 'Verify again and choose from the list.',
  });
}
