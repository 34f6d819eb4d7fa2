/** A person's decisions on held executions: retry them or end them, one by one or as items of a bulk. */
import type { Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import type { Collection, Filter } from '../contract/ports/documents.ts';
import type { SharedState } from '../contract/ports/shared-state.ts';
import type { WorkQueue } from '../contract/ports/work-queue.ts';
import type { Seal } from '../contract/values/seal.ts';
import type { Bindings } from '../bindings/interface.ts';
import { heldAt, type HeldSelection } from '../execution/execution-query.ts';
import { filterTogether, type FlowScope, isWithin, OUTSIDE } from '../execution/scope-filters.ts';
import type { Conclusion, ExecutionCatalog, HeldChoice, HeldGroup, HeldGroups, HeldItem, HeldOutcome, RetryTables } from './interface.ts';
import type { PublishedFlows } from '../compile/published-flows.ts';
import { countOutcome } from './bulk-outcome.ts';
import { isOutcomeUnknown, PAYLOAD_FIELDS, type ExecutionDocument, type ExecutionHead } from '../execution/execution-document.ts';
import { transition, type EndRequest, type ExecutionEvent } from '../execution/transition.ts';
import { assertStored, executionPlace } from '../execution/stored-execution.ts';
import { encodeReply, type Payloads } from '../execution/payloads.ts';
import { isPrepared, releasePrepared, removePrepared, type ReleaseMarks } from './resend-execution.ts';
import { tablesKept, useTablesOfNow } from './tables-of-now.ts';

export interface HeldDeps {
  readonly executions: Collection<ExecutionDocument>;
  readonly workQueue: WorkQueue;
  readonly shared: SharedState;
  readonly seal: Seal;
  readonly payloads: Pick<Payloads, 'store'>;
  readonly published: Pick<PublishedFlows, 'at'>;
  readonly bindings: Pick<Bindings, 'tables'>;
  readonly clock: Clock;
  readonly cancelChannel: string;
}

type HeldActs = Pick<
  ExecutionCatalog,
  'retry' | 'cancel' | 'conclude' | 'heldGroups' | 'bulkOutcome' | 'selectHeld' | 'retryHeld' | 'cancelHeld' | 'concludeHeld'
>;

const PAGE = 500;
const MOST = 10_000;
const MOST_EXAMPLES = 5;
/** No claim has this number, so an item with it is reported as gone on. */
const NO_EPOCH = -1;

export function createHeldExecutions(deps: HeldDeps): HeldActs {
  const { executions, workQueue } = deps;

  return {
    async retry(executionId, actor, tables) {
      const document = assertStored(await executions.get(executionId), executionId);
      if (tables === 'now' && document.status === 'held' && mayBeDone(document)) throw tablesKept(executionId);
      if (await letGoOn(document, document.epoch, { by: actor }, tables)) return;
      throw notHeld(executionId);
    },

    async cancel(executionId, actor, reason) {
      const document = assertStored(await executions.get(executionId), executionId);
      if (await requestEnd(document, { by: actor, reason }, (request) => ({ kind: 'cancel-requested', request }))) return;
      throw new AppError('EXECUTION_DONE', 'input', `Execution ${executionId} has ended already.`, {
        values: { id: executionId },
        fix: 'Read it again to see how it ended.',
      });
    },

    async conclude(executionId, conclusion) {
      const document = assertStored(await executions.get(executionId), executionId);
      await assertConcludable(document, conclusion);
      const { actor, reason, reply } = conclusion;
      const stored = reply && (await deps.payloads.store(executionPlace(executionId, 'reply'), encodeReply(reply)));
      const kept = stored && { stored, blobs: [...(document.blobs ?? []), ...('blob' in stored ? [stored.blob] : [])] };
      const end = { by: actor, reason, isDone: true } as const;
      const isDone = await requestEnd(document, end, (request) => ({ kind: 'hold-ended', request, reply: kept }));
      if (!isDone) throw notHeld(executionId);
    },

    async heldGroups(within) {
      const groups = new Map<string, Writable<HeldGroup>>();
      const { count, more } = await eachHeld(heldWithin({}, within, deps.seal), MOST, (document) => addTo(groups, document));
      const sorted = [...groups.values()].sort((a, b) => b.count - a.count);
      return { groups: sorted, count, more } satisfies HeldGroups;
    },

    bulkOutcome: (items, bulkId) => countOutcome(items, bulkId, executions),

    async selectHeld(selection, limit, within) {
      if (selection.ids) return chooseIds(selection.ids, selection.outcomeKnown, within);
      const items: HeldItem[] = [];
      const { more } = await eachHeld(heldWithin(selection, within, deps.seal), limit, ({ _id, epoch }) =>
        items.push({ executionId: _id, epoch }),
      );
      const unknownSkipped =
        selection.outcomeKnown === true ? await countHeld(heldWithin({ ...selection, outcomeKnown: false }, within, deps.seal)) : 0;
      return { items, more, unknownSkipped };
    },

    async retryHeld(item, { actor, bulkId, tables }) {
      const document = await executions.get(item.executionId);
      if (document === undefined || item.epoch === OUTSIDE) return 'missing';
      if (tables === 'now' && isAsHeld(document, item) && mayBeDone(document)) return 'refused';
      // Every claim increments the epoch. So a hold the bulk selected is retried only once, even if several people
      // ask.
      const isDone = await letGoOn(document, item.epoch, { by: actor, bulk: bulkId }, tables);
      return isDone ? 'done' : outcomeOf(document, item, bulkId);
    },

    async cancelHeld(item, { actor, bulkId, reason }) {
      const document = await executions.get(item.executionId);
      if (document === undefined || item.epoch === OUTSIDE) return 'missing';
      const seen = { ...document, epoch: item.epoch };
      const isDone = await requestEnd(seen, { by: actor, reason }, (request) => ({ kind: 'hold-ended', request, bulk: bulkId }));
      return isDone ? 'done' : outcomeOf(document, item, bulkId);
    },

    async concludeHeld(item, { actor, bulkId, reason }) {
      const document = await executions.get(item.executionId);
      if (document === undefined || item.epoch === OUTSIDE) return 'missing';
      if (isAsHeld(document, item) && (isPrepared(document) || !mayBeDone(document))) return 'refused';
      const seen = { ...document, epoch: item.epoch };
      const end = { by: actor, reason, isDone: true } as const;
      const isDone = await requestEnd(seen, end, (request) => ({ kind: 'hold-ended', request, bulk: bulkId }));
      return isDone ? 'done' : outcomeOf(document, item, bulkId);
    },
  };

  /**
   * Returns false for an execution that is being cancelled, although it stays held until a worker ends it: do not
   * report that it continues.
   */
  async function letGoOn(
    document: ExecutionDocument,
    epoch: number,
    marks: ReleaseMarks & { readonly by: string },
    wanted: RetryTables = 'then',
  ): Promise<boolean> {
    if (isPrepared(document)) return epoch === document.epoch && (await releasePrepared(document, marks.by, marks, deps));
    const tables = wanted === 'now' ? await useTablesOfNow(document, deps) : {};
    const { match, patch } = transition({ ...document, epoch }, { kind: 'retried', ...tables, ...marks });
    const result = await executions.patchIf(document._id, match, patch, { durability: 'full' });
    if (result.outcome !== 'patched') return false;
    await removePrepared(document._id, undefined, deps);
    await workQueue.ring(document.part);
    return true;
  }

  async function requestEnd(
    seen: ExecutionDocument,
    request: { readonly by: string; readonly reason: string; readonly isDone?: true },
    eventOf: (request: EndRequest) => ExecutionEvent,
  ): Promise<boolean> {
    const { _id, part } = seen;
    // A free-text reason may name a person, so it is sealed.
    const sealed = deps.seal.seal(executionPlace(_id, 'cancelRequested'), request.reason);
    const { match, patch } = transition(seen, eventOf({ ...request, reason: sealed, at: deps.clock.now() }));
    const result = await executions.patchIf(_id, match, patch, { durability: 'full' });
    if (result.outcome !== 'patched') return false;
    await removePrepared(_id, result.document.replacedBy, deps);
    // A lost hint never matters: the worker reads `cancelRequested`.
    await deps.shared.publish(deps.cancelChannel, _id).catch(() => undefined);
    await workQueue.ring(part);
    return true;
  }

  async function assertConcludable(document: ExecutionDocument, { attempt, wasDone, reply }: Conclusion): Promise<void> {
    const { _id: id, status, retries = 0, cancelRequested, hasWritten } = document;
    if (status !== 'held' || cancelRequested || isPrepared(document) || retries + 1 !== attempt) throw notHeld(id);
    if (isOutcomeUnknown(document)) {
      if (!wasDone) throw doneUnknown(id);
    } else if (!hasWritten) throw nothingDone(id);
    if (reply === undefined) return;
    const { document: flow } = await deps.published.at(document.flowId, document.version);
    if (flow.mode === 'durable' || document.reply) throw replyRefused(id, flow.mode === 'durable' ? 'durable' : 'given');
  }

  async function countHeld(filters: readonly Filter[]): Promise<number> {
    const counts = await Promise.all(filters.map((filter) => executions.count(filter, MOST)));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async function chooseIds(
    ids: readonly string[],
    outcomeKnown: boolean | undefined,
    within: readonly FlowScope[] | undefined,
  ): Promise<HeldChoice> {
    const items: HeldItem[] = [];
    let unknownSkipped = 0;
    for (const executionId of new Set(ids)) {
      const document = await executions.get(executionId);
      const held = document?.status === 'held' ? document.held : undefined;
      if (document !== undefined && !isWithin(document, within)) items.push({ executionId, epoch: OUTSIDE });
      else if (held === undefined) items.push({ executionId, epoch: NO_EPOCH });
      else if (outcomeKnown === undefined || held.outcomeKnown === outcomeKnown) items.push({ executionId, epoch: document!.epoch });
      else if (!held.outcomeKnown) unknownSkipped += 1;
    }
    return { items, more: false, unknownSkipped };
  }

  /** The oldest of each filter first, up to `limit` in total. */
  async function eachHeld(
    filters: readonly Filter[],
    limit: number,
    take: (document: ExecutionHead) => void,
  ): Promise<{ count: number; more: boolean }> {
    let count = 0;
    for (const filter of filters) {
      for (let after: string | undefined, isLast = false; !isLast;) {
        const options = { sort: ['acceptedAt'], limit: PAGE, omit: PAYLOAD_FIELDS, ...(after === undefined ? {} : { after }) };
        const page = await executions.find(filter, options);
        for (const document of page) {
          if (count >= limit) return { count, more: true };
          take(document);
          count += 1;
        }
        isLast = page.length < PAGE;
        after = page.at(-1)?._id;
      }
    }
    return { count, more: false };
  }
}

function notHeld(id: string): AppError {
  return new AppError('EXECUTION_NOT_HELD', 'input', `Execution ${id} is not held, has gone on meanwhile, or is being ended.`, {
    values: { id },
    fix: 'Read it again; somebody may have retried, cancelled, resent or ended it already.',
  });
}

function nothingDone(id: string): AppError {
  return new AppError('EXECUTION_NOTHING_DONE', 'input', `No write of execution ${id} is known to have been done.`, {
    values: { id },
    fix: 'Retry it, or cancel it.',
  });
}

function doneUnknown(id: string): AppError {
  return new AppError('EXECUTION_DONE_UNKNOWN', 'input', `Whether the write of execution ${id} was done is not known.`, {
    values: { id },
    fix: 'Ask the other side; if it was done, say so and end it as done, else retry it.',
  });
}

function replyRefused(id: string, problem: 'durable' | 'given'): AppError {
  const why = problem === 'durable' ? 'its flow is durable, so nobody waits for a reply' : 'its caller has a reply already';
  return new AppError('EXECUTION_REPLY_REFUSED', 'input', `Execution ${id} takes no reply: ${why}.`, {
    values: { id, problem },
    fix: 'End it as done without a reply.',
  });
}

/** A write of it was done, or may have been done. */
function mayBeDone(document: ExecutionDocument): boolean {
  return document.hasWritten === true || isOutcomeUnknown(document);
}

function isAsHeld({ status, epoch }: ExecutionDocument, item: HeldItem): boolean {
  return status === 'held' && epoch === item.epoch;
}

/** An earlier run of the same bulk may have done it, and stopped before it recorded that. */
function outcomeOf(document: ExecutionDocument, { epoch }: HeldItem, bulkId: string): HeldOutcome {
  return document.bulk === bulkId && document.epoch >= epoch ? 'done' : 'gone-on';
}

function heldWithin(
  { flowId, key, ...where }: HeldSelection,
  within: readonly FlowScope[] | undefined,
  seal: Pick<Seal, 'token'>,
): readonly Filter[] {
  const held: Filter = { status: 'held', ...heldAt(where), ...(key === undefined ? {} : { keys: seal.token(key.name, key.value) }) };
  if (within === undefined) return [{ ...held, ...(flowId === undefined ? {} : { flowId }) }];
  const meant = flowId === undefined ? within : within.filter((scope) => scope.flowId === flowId);
  return filterTogether(meant).map((filter) => ({ ...held, ...filter }));
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function addTo(groups: Map<string, Writable<HeldGroup>>, { _id, flowId, version, held, firstHeldAt }: ExecutionHead): void {
  if (held === undefined) return;
  const { node, reason: code, outcomeKnown } = held;
  // The first hold counts, however often it was retried since.
  const at = firstHeldAt ?? held.at;
  const key = JSON.stringify([flowId, node, code, outcomeKnown]);
  const group = groups.get(key);
  if (group === undefined) {
    groups.set(key, { flowId, version, node, code, outcomeKnown, count: 1, oldestAt: at, newestAt: at, examples: [_id] });
    return;
  }
  group.count += 1;
  group.version = version;
  group.oldestAt = Math.min(group.oldestAt, at);
  group.newestAt = Math.max(group.newestAt, at);
  // People are most likely to look at the newest.
  group.examples = [_id, ...group.examples].slice(0, MOST_EXAMPLES);
}
