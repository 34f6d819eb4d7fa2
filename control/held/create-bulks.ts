/**
 * Retries, resends, ends or cancels many held executions. The set of executions is fixed at the start. The bulk acts
 * on each only for the hold in which it was found. So a second bulk, a person in between, or continuing after a stop
 * or a crash does not act twice.
 */
import { sleep, type Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { createId, createTimedId } from '../../engine/contract/values/ids.ts';
import type { Documents } from '../../engine/contract/ports/documents.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import type { HeldSelection } from '../../engine/execution/execution-query.ts';
import type { FlowScope } from '../../engine/execution/scope-filters.ts';
import type { ExecutionCatalog, HeldItem, HeldOutcome } from '../../engine/operate/interface.ts';
import { createOutcomeRefresher } from './refresh-outcome.ts';
import {
  KEEP_MS,
  openBulkStore,
  shownSelection,
  toBulk,
  type Bulk,
  type BulkDocument,
  type BulkKind,
  type LostStanding,
} from './bulk-store.ts';

export interface BulkRequest {
  readonly kind: BulkKind;
  /** Id of an earlier bulk to continue. */
  readonly bulkId?: string;
  readonly selection: HeldSelection;
  readonly perSecond: number;
  /** A retry with the current code tables. */
  readonly tables?: 'now';
  /** Required for every kind except a retry. */
  readonly reason?: string;
  /** Domains of the person who begins it, unless they have all; `within`: the executions of these domains. */
  readonly domains?: readonly string[];
  readonly within?: readonly FlowScope[];
}

export interface BulkWatcher {
  readonly actor: string;
  readonly signal: AbortSignal;
  /**
   * Called when the turn of each execution comes: the person's rights may change while a bulk runs, or before it
   * continues.
   */
  judge(item: HeldItem): Promise<'admitted' | 'refused' | LostStanding>;
  progress(bulk: Bulk): void;
}

/** What a bulk would do. */
export interface BulkPreview {
  readonly dryRun: true;
  readonly total: number;
  readonly unknownSkipped: number;
  readonly more: boolean;
  readonly examples: readonly string[];
}

export interface Bulks {
  preview(selection: HeldSelection, within?: readonly FlowScope[]): Promise<BulkPreview>;
  /** Resolves when it is done or stopped. BULK_RUNNING (transient) while another run processes it. */
  run(request: BulkRequest, watcher: BulkWatcher): Promise<Bulk>;
  /** BULK_NOT_RUNNING (input) when it has ended. */
  stop(bulkId: string, actor: string): Promise<Bulk>;
  /** Leaves the rest as it is, for good. BULK_NOT_STOPPED (input) unless it is stopped. */
  close(bulkId: string, actor: string): Promise<Bulk>;
  get(bulkId: string): Promise<Bulk | undefined>;
  /** The latest, newest first; with `domains` only bulks that began for no other domains. */
  list(limit: number, domains?: readonly string[]): Promise<readonly Bulk[]>;
}

export interface BulksDeps {
  readonly documents: Documents;
  readonly seal: Seal;
  readonly clock: Clock;
  readonly executions: Pick<ExecutionCatalog, 'selectHeld' | 'retryHeld' | 'resendHeld' | 'concludeHeld' | 'cancelHeld' | 'bulkOutcome'>;
}

const MOST = 10_000;
const MOST_EXAMPLES = 20;
/** How often the progress is stored and reported. */
const SAVE_EVERY_MS = 500;
/** A run that has stored nothing for this long is dead. */
const DEAD_AFTER_MS = 15_000;

export async function createBulks(deps: BulksDeps): Promise<Bulks> {
  const { clock, executions } = deps;
  const store = await openBulkStore(deps.documents, deps.seal);
  const refresher = createOutcomeRefresher(deps, store);
  const runningHere = new Map<string, Running>();

  return {
    async preview(selection, within) {
      const { items, more, unknownSkipped } = await executions.selectHeld(selection, MOST, within);
      const examples = items.slice(0, MOST_EXAMPLES).map(({ executionId }) => executionId);
      return { dryRun: true, total: items.length, unknownSkipped, more, examples };
    },
    async run(request, watcher) {
      await leftHere(request.bulkId);
      const earlier = request.bulkId === undefined ? undefined : await store.bulks.get(request.bulkId);
      const document = earlier === undefined ? await begin(request, watcher.actor) : await takeUp(earlier, request);
      return document.status === 'running' ? goThrough(document, watcher) : toBulk(document);
    },
    async stop(bulkId, actor) {
      const result = await store.bulks.patchIf(bulkId, { status: 'running' }, { set: { status: 'stopped', stoppedBy: actor } });
      if (result.outcome !== 'patched') throw notRunning(bulkId);
      runningHere.get(bulkId)?.stop();
      return toBulk(result.document);
    },
    async close(bulkId, actor) {
      await leftHere(bulkId);
      const died = await store.bulks.get(bulkId);
      const seen = died?.status === 'running' && !isAlive(died) ? { status: died.status, run: died.run } : { status: 'stopped' };
      // A new run id shuts out any run that still processes it.
      const set = { run: createId('run'), status: 'closed', closedBy: actor, endedAt: clock.now() } as const;
      const result = await store.bulks.patchIf(bulkId, seen, { set }, { durability: 'full' });
      if (result.outcome !== 'patched') throw notStopped(bulkId);
      return toBulk(result.document);
    },
    async get(bulkId) {
      const document = await store.bulks.get(bulkId);
      return document && shown(await refresher.look(document));
    },
    async list(limit, domains) {
      const seen: Bulk[] = [];
      for (const document of await store.latest(limit, domains)) seen.push(shown(await refresher.look(document)));
      return seen;
    },
  };

  async function begin(request: BulkRequest, actor: string): Promise<BulkDocument> {
    const { kind, bulkId: wanted, selection, perSecond, reason, tables, domains, within } = request;
    const { items, more, unknownSkipped } = await executions.selectHeld(selection, MOST, within);
    const now = clock.now();
    const bulkId = wanted ?? createTimedId('blk', now);
    const document: BulkDocument = {
      _id: bulkId,
      kind,
      status: 'running',
      startedBy: actor,
      startedAt: now,
      selection: shownSelection(selection),
      total: items.length,
      ...{ handled: 0, done: 0, goneOn: 0, missing: 0, refused: 0, unknownSkipped, more, perSecond },
      ...(domains === undefined ? {} : { domains }),
      ...(tables === undefined ? {} : { tables }),
      ...(reason === undefined ? {} : { reason: store.sealReason(bulkId, reason) }),
      run: createId('run'),
      beatAt: now,
      expiresAt: now + KEEP_MS,
    };
    if (await store.insert(document, items)) return document;
    throw running(bulkId);
  }

  /** Continues where an earlier run stopped or died. */
  async function takeUp(earlier: BulkDocument, { kind }: BulkRequest): Promise<BulkDocument> {
    const { _id, run, status } = earlier;
    if (earlier.kind !== kind) {
      throw new AppError('BULK_OTHER_KIND', 'input', `The bulk ${_id} is one of another kind.`, {
        values: { bulkId: _id, kind: earlier.kind },
        fix: 'Go on with it by the operation that began it.',
      });
    }
    if (status === 'done' || status === 'closed') return earlier;
    if (status === 'running' && isAlive(earlier)) throw running(_id);
    const result = await store.bulks.patchIf(
      _id,
      { run, status },
      { set: { run: createId('run'), status: 'running', beatAt: clock.now() }, unset: ['endedAt', 'stoppedBy', 'stopReason'] },
      { durability: 'full' },
    );
    if (result.outcome !== 'patched') throw running(_id);
    return result.document;
  }

  /** If the process of a bulk died, people see it as stopped, with its progress, and can continue or close it. */
  function shown(document: BulkDocument): Bulk {
    const bulk = toBulk(document);
    if (document.status !== 'running' || isAlive(document)) return bulk;
    return { ...bulk, status: 'stopped', diedAt: document.beatAt };
  }

  /** On a store that only this process uses, a bulk that does not run here has died. */
  function isAlive({ _id, beatAt }: BulkDocument): boolean {
    return runningHere.has(_id) || (!deps.documents.isExclusive && clock.now() - beatAt < DEAD_AFTER_MS);
  }

  /** The client just disconnected or stopped the bulk: wait until the current item is finished. */
  async function leftHere(bulkId: string | undefined): Promise<void> {
    const here = bulkId === undefined ? undefined : runningHere.get(bulkId);
    if (here?.signal.aborted === true) await here.ended.catch(() => undefined);
  }

  async function goThrough(document: BulkDocument, watcher: BulkWatcher): Promise<Bulk> {
    const stopping = new AbortController();
    const signal = AbortSignal.any([watcher.signal, stopping.signal]);
    const ended = walk(document, { ...watcher, signal });
    const here: Running = { signal, stop: () => stopping.abort(), ended };
    runningHere.set(document._id, here);
    try {
      return await ended;
    } finally {
      if (runningHere.get(document._id) === here) runningHere.delete(document._id);
    }
  }

  async function walk(document: BulkDocument, { actor, signal, judge, progress }: BulkWatcher): Promise<Bulk> {
    const { handled, done, goneOn, missing, refused = 0 } = document;
    const counts: Counts = { handled, done, goneOn, missing, refused };
    const startedAt = clock.monotonic();
    let savedAt = startedAt;
    let started = 0;
    progress(toBulk(document));
    for await (const item of store.items(document._id, document.handled)) {
      if (!(await pause(startedAt + (started++ * 1000) / document.perSecond, signal))) break;
      const verdict = await judge(item);
      if (verdict !== 'admitted' && verdict !== 'refused') return end(document, counts, verdict);
      count(counts, verdict === 'refused' ? verdict : await act(document, item, actor));
      if (clock.monotonic() - savedAt < SAVE_EVERY_MS) continue;
      savedAt = clock.monotonic();
      const saved = await save(document, counts);
      if (saved === undefined) break;
      progress(toBulk(saved));
    }
    return end(document, counts);
  }

  /** Returns false when the bulk should stop. */
  async function pause(until: number, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    const delayMs = until - clock.monotonic();
    if (delayMs <= 0) return true;
    return sleep(clock, delayMs, signal).then(
      () => true,
      () => false,
    );
  }

  function act(document: BulkDocument, item: HeldItem, actor: string): Promise<HeldOutcome> {
    const by = { actor, bulkId: document._id };
    switch (document.kind) {
      case 'retry':
        return executions.retryHeld(item, { ...by, ...(document.tables === undefined ? {} : { tables: document.tables }) });
      case 'resend':
        return executions.resendHeld(item, by);
      case 'conclude':
        return executions.concludeHeld(item, { ...by, reason: store.openReason(document) });
      case 'cancel':
        return executions.cancelHeld(item, { ...by, reason: store.openReason(document) });
    }
  }

  /** Undefined when a person stopped it, or another run took it over. */
  async function save({ _id, run }: BulkDocument, counts: Counts): Promise<BulkDocument | undefined> {
    const result = await store.bulks.patchIf(_id, { run }, { set: { ...counts, beatAt: clock.now() } });
    return result.outcome === 'patched' && result.document.status === 'running' ? result.document : undefined;
  }

  async function end({ _id, run, total }: BulkDocument, counts: Counts, stopReason?: LostStanding): Promise<Bulk> {
    const status = counts.handled === total ? 'done' : 'stopped';
    const set = { ...counts, status, endedAt: clock.now(), ...(stopReason === undefined ? {} : { stopReason }) };
    const result = await store.bulks.patchIf(_id, { run }, { set }, { durability: 'full' });
    if (result.outcome === 'patched') return toBulk(result.document);
    throw running(_id);
  }
}

/** A bulk that this process runs. */
interface Running {
  /** Once aborted, the bulk ends as soon as the current item is done. */
  readonly signal: AbortSignal;
  stop(): void;
  readonly ended: Promise<Bulk>;
}

interface Counts {
  handled: number;
  done: number;
  goneOn: number;
  missing: number;
  refused: number;
}

function count(counts: Counts, outcome: HeldOutcome): void {
  counts.handled += 1;
  if (outcome === 'done') counts.done += 1;
  else if (outcome === 'gone-on') counts.goneOn += 1;
  else if (outcome === 'refused') counts.refused += 1;
  else counts.missing += 1;
}

function running(bulkId: string): AppError {
  return new AppError('BULK_RUNNING', 'input', `The bulk ${bulkId} is being worked on.`, {
    values: { bulkId },
    fix: 'Watch how far it is; to go on with it yourself, stop it first.',
  });
}

function notStopped(bulkId: string): AppError {
  return new AppError('BULK_NOT_STOPPED', 'input', `The bulk ${bulkId} is not one that was stopped.`, {
    values: { bulkId },
    fix: 'Stop it first; one that is done needs nothing.',
  });
}

function notRunning(bulkId: string): AppError {
  return new AppError('BULK_NOT_RUNNING', 'input', `The bulk ${bulkId} is not running.`, {
    values: { bulkId },
    fix: 'Read it again to see how far it came.',
  });
}
