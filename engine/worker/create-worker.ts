/**
 * The worker: hears which partitions have news, reads their open executions in order, and runs each lane strictly in that order.
 * Order never comes from the queue, and losing the whole queue loses nothing: the reconciler walks the partitions for what no ring
 * announced, for waits that are due, for owners that died, and for executions that this process itself let go of.
 */
import { AppError, toErrorRecord } from '../contract/errors.ts';
import type { Consumer } from '../contract/ports/work-queue.ts';
import type { SharedState } from '../contract/ports/shared-state.ts';
import { cancelled } from '../run/create-run-flow.ts';
import { PARTITIONS, type ExecutionDocument } from '../run/execution-document.ts';
import type { Slot } from '../run/run-node.ts';
import { wakeResumed } from '../run/wake-waiting.ts';
import { createLanes, laneKeyOf, type TakeOutcome } from './lanes.ts';
import { runExecution, type RunExecutionDeps, type RunVerdict } from './run-execution.ts';

export interface WorkerDeps extends RunExecutionDeps {
  readonly shared: SharedState;
  /** Executions under way in this process (inline ones too). */
  readonly active: Set<string>;
  /** Executions run at the same time. */
  readonly slots?: number;
}

export interface Worker {
  start(): Promise<void>;
  /** Takes nothing more; resolves when what runs has settled, or after `boundMs` when it was let go of. */
  stop(boundMs: number): Promise<void>;
  status(): { readonly running: number; readonly waiting: number };
}

/** Channel on which a cancel is hinted. */
export const CANCEL_CHANNEL = 'executions.cancel';
/** Channel on which a worker tells the others of a partition with news that are not for it. */
const PASSED_ON_CHANNEL = 'executions.passed-on';

const PAGE = 200;
const MAX_PAGES = 10;
/** Reads of the store are at least so far apart: under load one list serves many messages. */
const READ_PAUSE_MS = 10;
/** A partition whose list brought nothing new is read again the later the longer that list was. */
const REDUNDANT_PAUSE_MS = 1;
/** Of the time for stopping, so much is given to what runs; then it is told to stop. */
const DRAIN_SHARE = 0.8;
const MAX_IN_HAND = 2_000;
const RECONCILE_MS = 1_000;
const PARTITIONS_A_ROUND = 4;
const OWN_RUNNING_PAUSE_MS = 50;
/** What waits behind an execution that another worker runs is looked at again after this: nobody rings when that one ends. */
const ELSEWHERE_PAUSE_MS = 100;
/** After the store failed a partition is read again no sooner than this. */
const LET_GO_PAUSE_MS = 1_000;
const LET_GO_LOG_MS = 10_000;
/** A flow that this process does not run is looked at again after this. */
const LEFT_ALONE_MS = 30_000;
/** An execution of ours that nobody runs here is taken up again after this. */
const ABANDONED_AFTER_MS = 5_000;

const FOUND: Partial<Record<ExecutionDocument['status'], 'due' | 'owner'>> = { waiting: 'due', running: 'owner' };

/** Where the reading of a partition stands. */
interface Walk {
  /** What was accepted since may stand behind something that this walk has passed already: it is left to the next one. */
  readonly startedAt: number;
  after: string | undefined;
  readonly blocked: Set<string>;
}

export function createWorker(deps: WorkerDeps): Worker {
  const { clock, log } = deps;
  const news = new Set<number>();
  /** Of `news`: those that only the reconciler asks for. What is found there no ring had announced. */
  const unannounced = new Set<number>();
  const notBefore = new Map<number, number>();
  const backlog = new Set<number>();
  const walks = new Map<number, Walk>();
  const inHand = new Map<number, number>();
  const lookedAtAgain = new Set<number>();
  const abandonedSince = new Map<string, number>();
  /** `flow@version` that this process cannot run, or does not serve: until when it is left alone. */
  const foreignUntil = new Map<string, number>();
  const controllers = new Map<string, AbortController>();
  let consumer: Consumer | undefined;
  let pumping: Promise<void> | undefined;
  let cancelReconcile: () => void = () => undefined;
  const unsubscribe: (() => void)[] = [];
  /** Of `news`: those that the doorbell rang for here, and so for nobody else. */
  const rung = new Set<number>();
  let isStopping = false;
  let round = 0;
  let endsSeen = 0;
  let quietUntil = 0;
  let lastReadAt = Number.NEGATIVE_INFINITY;

  const lanes = createLanes({
    slots: deps.slots ?? 64,
    clock,
    run,
    onReread: (part) => reread(part, 0),
    onLeave: leave,
    onBlocked: (part, laneKey) => walks.get(part)?.blocked.add(laneKey),
  });

  return {
    async start() {
      for (let part = 0; part < PARTITIONS; part += 1) news.add(part);
      unsubscribe.push(await deps.shared.subscribe(CANCEL_CHANNEL, (id) => controllers.get(id)?.abort(cancelled())));
      unsubscribe.push(await deps.shared.subscribe(PASSED_ON_CHANNEL, (part) => hear([Number(part)])));
      consumer = await deps.workQueue.consume(async (partitions) => {
        for (const part of partitions) rung.add(part);
        await hear(partitions);
      });
      scheduleReconcile();
      await pump();
    },
    async stop(boundMs) {
      isStopping = true;
      cancelReconcile();
      for (const end of unsubscribe) end();
      await consumer?.stop();
      const drained = lanes.drain();
      await within(boundMs * DRAIN_SHARE, drained);
      for (const controller of controllers.values()) controller.abort(new AppError('WORKER_STOPPING', 'transient', 'The worker stops.'));
      await within(boundMs * (1 - DRAIN_SHARE), drained);
    },
    status: () => ({ running: lanes.running, waiting: lanes.size }),
  };

  function hear(partitions: readonly number[]): Promise<void> {
    for (const part of partitions) {
      news.add(part);
      unannounced.delete(part);
    }
    return pump();
  }

  async function run(document: ExecutionDocument, slot: Slot): Promise<RunVerdict> {
    const controller = new AbortController();
    controllers.set(document._id, controller);
    deps.active.add(document._id);
    try {
      const verdict = await runExecution(document, deps, controller, slot);
      if (verdict === 'let-go') letGo(document);
      if (verdict === 'foreign') leaveAlone(document);
      if (typeof verdict === 'object' && verdict.due !== undefined) void ringWhenDue(document.part, verdict.due);
      // Its lane may go on: the cancelled one was taken out of its row.
      if (document.cancelRequested || controller.signal.aborted) reread(document.part, 0);
      return verdict;
    } catch (error) {
      log.error('worker.execution_failed', error, { executionId: document._id, flowId: document.flowId });
      if (toErrorRecord(error).kind === 'transient' || !(await holdBroken(document, error))) {
        letGo(document);
        return 'let-go';
      }
      return { parked: 'held' };
    } finally {
      // A cancel settles beside its lane: the later of two may be registered under the same id.
      if (controllers.get(document._id) === controller) {
        controllers.delete(document._id);
        deps.active.delete(document._id);
      }
    }
  }

  /** Another process runs it. Its own may be able to after the next publication, or with other settings of an adapter. */
  function leaveAlone(document: ExecutionDocument): void {
    const flow = versionOf(document);
    if (!foreignUntil.has(flow)) log.warn('worker.flow_left_to_others', { flow });
    if (foreignUntil.size > 10_000) foreignUntil.clear();
    foreignUntil.set(flow, clock.monotonic() + LEFT_ALONE_MS);
    passOn(document.part);
  }

  /** The doorbell rings at one worker: what that one leaves to others it must tell them. */
  function passOn(part: number): void {
    rung.delete(part);
    deps.shared
      .publish(PASSED_ON_CHANNEL, String(part))
      .catch((error: unknown) => log.debug('worker.not_passed_on', { code: toErrorRecord(error).code }));
  }

  function isForeign(document: ExecutionDocument): boolean {
    const flow = deps.published.cached(document.flowId, document.version);
    const until = foreignUntil.get(versionOf(document)) ?? 0;
    const isLeft = flow ? !(deps.serves?.(flow) ?? true) : clock.monotonic() < until;
    if (isLeft && rung.has(document.part)) passOn(document.part);
    return isLeft;
  }

  /** The store failed: it is asked again after a pause, and the log says so once a while. */
  function letGo({ part }: ExecutionDocument): void {
    const now = clock.monotonic();
    if (now >= quietUntil) {
      quietUntil = now + LET_GO_LOG_MS;
      log.warn('worker.store_failing', { waiting: lanes.size });
    }
    deps.metrics.count('executions_let_go_total');
    reread(part, LET_GO_PAUSE_MS);
  }

  async function within(boundMs: number, work: Promise<void>): Promise<void> {
    let cancelBound: () => void = () => undefined;
    const bound = new Promise<void>((resolve) => (cancelBound = clock.after(boundMs, resolve)));
    await Promise.race([work, bound]);
    cancelBound();
  }

  /** What cannot even be loaded is shown to a person. False: it could not be stored, and is tried again. */
  async function holdBroken(document: ExecutionDocument, error: unknown): Promise<boolean> {
    const { code, kind } = toErrorRecord(error);
    const held = { node: '', reason: code, at: clock.now() };
    const hold = (status: ExecutionDocument['status'], epoch: number, isKnown: boolean) =>
      deps.executions.patchIf(
        document._id,
        { status, epoch },
        {
          set: { status: 'held', epoch: document.epoch + 1, held: { ...held, outcomeKnown: isKnown }, error: { code, kind } },
          unset: ['lease'],
        },
      );
    try {
      const result = await hold(document.status, document.epoch, document.status !== 'running');
      // It broke after its claim: what was done since is not known, and must not be done again and again.
      if (result.outcome === 'no-match') await hold('running', document.epoch + 1, false);
      return true;
    } catch (failure) {
      log.error('worker.hold_failed', failure, { executionId: document._id });
      return false;
    }
  }

  /** A partition with a backlog is read again as soon as most of what was taken from it is done. */
  function leave(part: number, count: number): void {
    const left = (inHand.get(part) ?? 0) - count;
    inHand.set(part, left);
    if (backlog.has(part) && left <= PAGE / 4) reread(part, 0);
    else if (news.size > 0 && lanes.size < MAX_IN_HAND / 2) void pump();
  }

  function reread(part: number, pauseMs: number): void {
    news.add(part);
    notBefore.set(part, clock.monotonic() + pauseMs);
    if (pauseMs === 0) void pump();
    else clock.after(pauseMs, () => void pump());
  }

  async function ringWhenDue(part: number, due: number): Promise<void> {
    await deps.workQueue
      .ring(part, { delayMs: Math.max(0, due - clock.now()) })
      .catch((error: unknown) => log.error('worker.ring_failed', error));
  }

  /** Reads partitions with news until there are none that may be read now. One at a time. */
  function pump(): Promise<void> {
    pumping ??= pumpAll().finally(() => {
      pumping = undefined;
      if (!isStopping && lanes.size < MAX_IN_HAND && isAnyReady()) void pump();
    });
    return pumping;
  }

  function isAnyReady(): boolean {
    const now = clock.monotonic();
    for (const part of news) if ((notBefore.get(part) ?? 0) <= now) return true;
    return false;
  }

  async function pumpAll(): Promise<void> {
    while (!isStopping && lanes.size < MAX_IN_HAND) {
      const pauseMs = lastReadAt + READ_PAUSE_MS - clock.monotonic();
      if (pauseMs > 0 && news.size > 0) await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
      const now = clock.monotonic();
      const ready = [...news].filter((part) => (notBefore.get(part) ?? 0) <= now);
      if (ready.length === 0) return;
      for (const part of ready) news.delete(part);
      lastReadAt = now;
      try {
        await readPartitions(ready);
      } catch (error) {
        log.error('worker.read_failed', error);
        for (const part of ready) reread(part, RECONCILE_MS);
        return;
      }
      for (const part of ready) {
        unannounced.delete(part);
        rung.delete(part);
      }
    }
  }

  /** Quiet partitions are read together; one with more open executions than fit into a page is read alone. */
  async function readPartitions(parts: readonly number[]): Promise<void> {
    const quiet = parts.filter((part) => !backlog.has(part));
    for (const part of parts) if (backlog.has(part)) await readOne(part);
    if (quiet.length === 0) return;
    const asOf = clock.monotonic();
    const listed = await deps.executions.find({ part: { in: quiet }, open: true }, { sort: ['lane.seq'], limit: PAGE });
    offer(listed, asOf);
    if (listed.length < PAGE) return;
    for (const part of quiet) {
      backlog.add(part);
      news.add(part);
    }
  }

  /**
   * A partition with a backlog is walked page by page, over several calls: what stands behind the blocked lanes of one hospital is reached
   * all the same. A lane that was blocked, or parked since, stays blocked until the walk has come to its end.
   */
  async function readOne(part: number): Promise<void> {
    const isFresh = !walks.has(part);
    const walk: Walk = walks.get(part) ?? { startedAt: clock.now(), after: undefined, blocked: new Set() };
    walks.set(part, walk);
    let redundant = 0;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const isFirst = walk.after === undefined;
      const asOf = clock.monotonic();
      const listed = await readPage(part, walk);
      const taken = offer(listed, asOf, walk.blocked, isFirst ? Infinity : walk.startedAt);
      redundant += listed.length - taken;
      if (listed.length < PAGE) {
        walks.delete(part);
        if (isFresh && page === 0) backlog.delete(part);
        break;
      }
      walk.after = listed.at(-1)!._id;
      if (taken > 0) break;
    }
    const pauseMs = redundant * REDUNDANT_PAUSE_MS;
    if (walks.has(part)) reread(part, Math.max(READ_PAUSE_MS, pauseMs));
    else notBefore.set(part, clock.monotonic() + pauseMs);
  }

  async function readPage(part: number, walk: Walk): Promise<readonly ExecutionDocument[]> {
    const options = { sort: ['lane.seq'], limit: PAGE, ...(walk.after === undefined ? {} : { after: walk.after }) };
    try {
      return await deps.executions.find({ part, open: true }, options);
    } catch (error) {
      // Where it stood has expired meanwhile: the next call begins anew.
      walks.delete(part);
      throw error;
    }
  }

  /** Takes what may run, in the order of the list; a lane's first that may not run blocks what comes behind it. Answers how many. */
  function offer(listed: readonly ExecutionDocument[], asOf: number, blocked = new Set<string>(), acceptedBefore = Infinity): number {
    let taken = 0;
    const elsewhere = new Set<string>();
    for (const document of listed) {
      const key = laneKeyOf(document);
      if (elsewhere.has(key)) lookAgain(document.part);
      if (document.cancelRequested && document.status !== 'running' && !isForeign(document))
        taken += take({ ...document, lane: null }, asOf) === 'taken' ? 1 : 0;
      else if (blocked.has(key) || deps.active.has(document._id) || lanes.isDone(document._id, asOf)) continue;
      else {
        const isKnown = document.acceptedAt < acceptedBefore;
        const outcome = isKnown && mayRun(document, asOf) && !isForeign(document) ? take(document, asOf) : 'refused';
        if (outcome === 'taken') taken += 1;
        else if (outcome === 'refused') {
          blocked.add(key);
          if (document.status === 'running') elsewhere.add(key);
        }
      }
    }
    return taken;
  }

  /** Holds back no ring meanwhile. */
  function lookAgain(part: number): void {
    if (lookedAtAgain.has(part)) return;
    lookedAtAgain.add(part);
    clock.after(ELSEWHERE_PAUSE_MS, () => {
      lookedAtAgain.delete(part);
      news.add(part);
      void pump();
    });
  }

  function take(document: ExecutionDocument, asOf: number): TakeOutcome {
    const outcome = lanes.take(document, asOf);
    if (outcome !== 'taken') return outcome;
    inHand.set(document.part, (inHand.get(document.part) ?? 0) + 1);
    if (unannounced.has(document.part)) deps.counts.found[FOUND[document.status] ?? 'queued'] += 1;
    return outcome;
  }

  function mayRun(document: ExecutionDocument, asOf: number): boolean {
    switch (document.status) {
      case 'queued':
        return true;
      case 'waiting':
        return (document.due ?? 0) <= clock.now();
      case 'running':
        return isOwnerGone(document, asOf);
      case 'held':
      case 'completed':
      case 'failed':
      case 'cancelled':
        return false;
    }
  }

  function isOwnerGone(document: ExecutionDocument, asOf: number): boolean {
    const owner = document.lease?.owner;
    if (owner !== undefined && owner !== deps.owners.current) return deps.owners.isDead(owner, asOf);
    // Ours, but nobody here runs it: either this list is older than its end, or we let go of it when the store failed.
    const key = `${document._id}@${document.epoch}`;
    const since = abandonedSince.get(key);
    reread(document.part, OWN_RUNNING_PAUSE_MS);
    if (since === undefined) {
      if (abandonedSince.size > 10_000) abandonedSince.clear();
      abandonedSince.set(key, clock.monotonic());
      return false;
    }
    if (clock.monotonic() - since < ABANDONED_AFTER_MS) return false;
    abandonedSince.delete(key);
    return true;
  }

  function scheduleReconcile(): void {
    cancelReconcile = clock.after(RECONCILE_MS, () => {
      void reconcile()
        .catch((error: unknown) => log.error('worker.reconcile_failed', error))
        .finally(() => {
          if (!isStopping) scheduleReconcile();
        });
    });
  }

  async function reconcile(): Promise<void> {
    const parts = Array.from({ length: PARTITIONS_A_ROUND }, (_, step) => (round * PARTITIONS_A_ROUND + step) % PARTITIONS);
    for (const part of parts) look(part);
    // Whose owner has died stands anywhere: it is not left to the round.
    if (endsSeen !== deps.owners.ends) for (let part = 0; part < PARTITIONS; part += 1) look(part);
    endsSeen = deps.owners.ends;
    round += 1;
    await wakeForgotten(parts);
    const due = await deps.executions.find({ open: true, due: { lte: clock.now() } }, { sort: ['due'], limit: PAGE });
    for (const document of due) look(document.part);
    await pump();
  }

  function look(part: number): void {
    if (news.has(part)) return;
    news.add(part);
    unannounced.add(part);
  }

  /** Resumes whose process died before it could find their wait, or the wait its resume. */
  async function wakeForgotten(parts: readonly number[]): Promise<void> {
    for (let page = 0, after: string | undefined; page < MAX_PAGES; page += 1) {
      const waiting = await deps.executions.find(
        { part: { in: parts }, open: true, status: 'waiting', wake: { exists: true } },
        { limit: PAGE, ...(after === undefined ? {} : { after }) },
      );
      deps.counts.found.resume += await wakeResumed(waiting, deps);
      if (waiting.length < PAGE) return;
      after = waiting.at(-1)!._id;
    }
  }
}

function versionOf({ flowId, version }: ExecutionDocument): string {
  return `${flowId}@${version}`;
}
