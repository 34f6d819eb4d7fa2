/**
 * Retries, resends, ends or cancels many held executions. The set of executions is fixed at the start. An execution
 * that has left the status held since then is skipped. So an execution is never processed twice, even if a second bulk
 * or another person handles it, or the bulk continues after a stop or a crash.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { createId, createTimedId } from '../../engine/contract/values/ids.ts';
import type { Documents } from '../../engine/contract/ports/documents.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import type { HeldSelection } from '../../engine/execution/execution-query.ts';
import type { FlowScope } from '../../engine/execution/scope-filters.ts';
import type { ExecutionCatalog } from '../../engine/operate/interface.ts';
import { type Page, pageOf, readCursor } from '../action/pages.ts';
import { BulkRun, bulkRunning, type BulkWatcher } from './bulk-run.ts';
import { createOutcomeRefresher, type OutcomeRefresher } from './refresh-outcome.ts';
import {
  KEEP_MS,
  openBulkStore,
  shownSelection,
  toBulk,
  type Bulk,
  type BulkDocument,
  type BulkKind,
  type BulkStore,
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
  /**
   * `domains`: the domains of the person who starts the bulk; absent if they have all domains. `within`: the flows and
   * versions of which the bulk may choose executions.
   */
  readonly domains?: readonly string[];
  readonly within?: readonly FlowScope[];
}

/** The number of executions that a bulk would process. */
export interface BulkPreview {
  readonly dryRun: true;
  readonly total: number;
  readonly unknownSkipped: number;
  readonly more: boolean;
  readonly examples: readonly string[];
}

export interface Bulks {
  preview(selection: HeldSelection, within?: readonly FlowScope[]): Promise<BulkPreview>;
  /**
   * Runs a bulk; resolves when it is done or stopped. Rejects with BULK_RUNNING (transient) while another run processes
   * it.
   */
  run(request: BulkRequest, watcher: BulkWatcher): Promise<Bulk>;
  /** Stops a bulk. Rejects with BULK_NOT_RUNNING (input) if it has ended. */
  stop(bulkId: string, actor: string): Promise<Bulk>;
  /**
   * Closes a bulk for good without processing the rest. Rejects with BULK_NOT_STOPPED (input) unless the bulk is
   * stopped.
   */
  close(bulkId: string, actor: string): Promise<Bulk>;
  get(bulkId: string): Promise<Bulk | undefined>;
  /**
   * Returns a page of the bulks, newest first. With `domains`, returns only bulks whose domains are all among them.
   * Rejects with CURSOR_INVALID (input).
   */
  list(wish: { readonly limit: number; readonly after?: string }, domains?: readonly string[]): Promise<Page<Bulk>>;
}

export interface BulksDeps {
  readonly documents: Documents;
  readonly seal: Seal;
  readonly clock: Clock;
  readonly executions: Pick<ExecutionCatalog, 'selectHeld' | 'retryHeld' | 'resendHeld' | 'concludeHeld' | 'cancelHeld' | 'bulkOutcome'>;
}

const MOST = 10_000;
const MOST_EXAMPLES = 20;
/** A run that has stored nothing for this long counts as dead. */
const DEAD_AFTER_MS = 15_000;

export async function createBulks(deps: BulksDeps): Promise<Bulks> {
  return new StoredBulks(deps, await openBulkStore(deps.documents, deps.seal));
}

class StoredBulks implements Bulks {
  readonly #deps: BulksDeps;
  readonly #store: BulkStore;
  readonly #refresher: OutcomeRefresher;
  readonly #runningHere = new Map<string, BulkRun>();

  constructor(deps: BulksDeps, store: BulkStore) {
    this.#deps = deps;
    this.#store = store;
    this.#refresher = createOutcomeRefresher(deps, store);
  }

  async preview(selection: HeldSelection, within?: readonly FlowScope[]): Promise<BulkPreview> {
    const { items, more, unknownSkipped } = await this.#deps.executions.selectHeld(selection, MOST, within);
    const examples = items.slice(0, MOST_EXAMPLES).map(({ executionId }) => executionId);
    return { dryRun: true, total: items.length, unknownSkipped, more, examples };
  }

  async run(request: BulkRequest, watcher: BulkWatcher): Promise<Bulk> {
    await this.#leftHere(request.bulkId);
    const earlier = request.bulkId === undefined ? undefined : await this.#store.bulks.get(request.bulkId);
    const document = earlier === undefined ? await this.#begin(request, watcher.actor) : await this.#takeUp(earlier, request);
    return document.status === 'running' ? this.#goThrough(document, watcher) : toBulk(document);
  }

  async stop(bulkId: string, actor: string): Promise<Bulk> {
    const result = await this.#store.bulks.patchIf(bulkId, { status: 'running' }, { set: { status: 'stopped', stoppedBy: actor } });
    if (result.outcome !== 'patched') throw notRunning(bulkId);
    this.#runningHere.get(bulkId)?.stop();
    return toBulk(result.document);
  }

  async close(bulkId: string, actor: string): Promise<Bulk> {
    await this.#leftHere(bulkId);
    const died = await this.#store.bulks.get(bulkId);
    const seen = died?.status === 'running' && !this.#isAlive(died) ? { status: died.status, run: died.run } : { status: 'stopped' };
    // A new run id locks out any run that still processes the bulk.
    const set = { run: createId('run'), status: 'closed', closedBy: actor, endedAt: this.#deps.clock.now() } as const;
    const result = await this.#store.bulks.patchIf(bulkId, seen, { set }, { durability: 'full' });
    if (result.outcome !== 'patched') throw notStopped(bulkId);
    return toBulk(result.document);
  }

  async get(bulkId: string): Promise<Bulk | undefined> {
    const document = await this.#store.bulks.get(bulkId);
    return document && this.#shown(await this.#refresher.look(document));
  }

  async list(wish: { readonly limit: number; readonly after?: string }, domains?: readonly string[]): Promise<Page<Bulk>> {
    const [last] = wish.after === undefined ? [] : readCursor(wish.after);
    const found = await this.#store.newest(wish.limit + 1, domains, last === undefined ? undefined : -Number(last));
    const { items, ...rest } = pageOf(found, ({ _id, startedAt }) => [-startedAt, _id], wish);
    const shown: Bulk[] = [];
    for (const document of items) shown.push(this.#shown(await this.#refresher.look(document)));
    return { items: shown, ...rest };
  }

  async #begin(request: BulkRequest, actor: string): Promise<BulkDocument> {
    const { kind, bulkId: wanted, selection, perSecond, reason, tables, domains, within } = request;
    const { items, more, unknownSkipped } = await this.#deps.executions.selectHeld(selection, MOST, within);
    const now = this.#deps.clock.now();
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
      ...(reason === undefined ? {} : { reason: this.#store.sealReason(bulkId, reason) }),
      run: createId('run'),
      beatAt: now,
      expiresAt: now + KEEP_MS,
    };
    if (await this.#store.insert(document, items)) return document;
    throw bulkRunning(bulkId);
  }

  /**
   * Takes over an earlier bulk that stopped or died. Throws BULK_OTHER_KIND (input), or BULK_RUNNING (transient) while
   * another run processes it.
   */
  async #takeUp(earlier: BulkDocument, { kind }: BulkRequest): Promise<BulkDocument> {
    const { _id, run, status } = earlier;
    if (earlier.kind !== kind) throw otherKind(earlier);
    if (status === 'done' || status === 'closed') return earlier;
    if (status === 'running' && this.#isAlive(earlier)) throw bulkRunning(_id);
    const set = { run: createId('run'), status: 'running', beatAt: this.#deps.clock.now() };
    const patch = { set, unset: ['endedAt', 'stoppedBy', 'stopReason'] };
    const result = await this.#store.bulks.patchIf(_id, { run, status }, patch, { durability: 'full' });
    if (result.outcome !== 'patched') throw bulkRunning(_id);
    return result.document;
  }

  /**
   * Returns the bulk as people see it. If its process died, people see it as stopped, with its progress, and can
   * continue or close it.
   */
  #shown(document: BulkDocument): Bulk {
    const bulk = toBulk(document);
    if (document.status !== 'running' || this.#isAlive(document)) return bulk;
    return { ...bulk, status: 'stopped', diedAt: document.beatAt };
  }

  /**
   * Returns true if a process still runs the bulk. On a store that only this process uses, a bulk that does not run
   * here has died.
   */
  #isAlive({ _id, beatAt }: BulkDocument): boolean {
    const { documents, clock } = this.#deps;
    return this.#runningHere.has(_id) || (!documents.isExclusive && clock.now() - beatAt < DEAD_AFTER_MS);
  }

  /** If the bulk was stopped a moment ago but still runs here, waits until its current item is finished. */
  async #leftHere(bulkId: string | undefined): Promise<void> {
    const here = bulkId === undefined ? undefined : this.#runningHere.get(bulkId);
    if (here?.signal.aborted === true) await here.ended.catch(() => undefined);
  }

  async #goThrough(document: BulkDocument, watcher: BulkWatcher): Promise<Bulk> {
    const here = new BulkRun(this.#deps, this.#store, document, watcher);
    this.#runningHere.set(document._id, here);
    try {
      return await here.ended;
    } finally {
      if (this.#runningHere.get(document._id) === here) this.#runningHere.delete(document._id);
    }
  }
}

function otherKind({ _id: bulkId, kind }: BulkDocument): AppError {
  return new AppError('BULK_OTHER_KIND', 'input', `The bulk ${bulkId} is of another kind.`, {
    values: { bulkId, kind },
    fix: 'Continue it with the operation that started it.',
  });
}

function notStopped(bulkId: string): AppError {
  return new AppError('BULK_NOT_STOPPED', 'input', `The bulk ${bulkId} is not stopped.`, {
    values: { bulkId },
    fix: 'Stop it first; a completed bulk needs no further action.',
  });
}

function notRunning(bulkId: string): AppError {
  return new AppError('BULK_NOT_RUNNING', 'input', `The bulk ${bulkId} is not running.`, {
    values: { bulkId },
    fix: 'Read it again to see its progress.',
  });
}
