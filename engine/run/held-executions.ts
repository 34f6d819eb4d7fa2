/** What a person decides: letting held executions go on, or ending them; one by one, or one of many as a bulk does. */
import type { Clock } from '../contract/clock.ts';
import { AppError } from '../contract/errors.ts';
import type { Collection, Filter } from '../contract/ports/documents.ts';
import type { SharedState } from '../contract/ports/shared-state.ts';
import type { WorkQueue } from '../contract/ports/work-queue.ts';
import type { Seal } from '../contract/seal.ts';
import type { ExecutionCatalog, HeldChoice, HeldGroup, HeldGroups, HeldItem, HeldOutcome, HeldSelection } from '../services.ts';
import type { ExecutionDocument } from './execution-document.ts';
import { assertStored, executionPlace } from './execution-journal.ts';
import { isPrepared, releasePrepared } from './resend-execution.ts';

export interface HeldDeps {
  readonly executions: Collection<ExecutionDocument>;
  readonly workQueue: WorkQueue;
  readonly shared: SharedState;
  readonly seal: Seal;
  readonly clock: Clock;
  readonly cancelChannel: string;
}

type HeldActs = Pick<ExecutionCatalog, 'retry' | 'cancel' | 'heldGroups' | 'heldAgain' | 'selectHeld' | 'retryHeld' | 'cancelHeld'>;

const PAGE = 500;
const MOST = 10_000;
const MOST_EXAMPLES = 5;
/** No claim has this number: an item under it is found to have gone on. */
const NO_EPOCH = -1;

export function createHeldExecutions(deps: HeldDeps): HeldActs {
  const { executions, workQueue } = deps;

  return {
    async retry(executionId, actor) {
      const document = assertStored(await executions.get(executionId), executionId);
      if (await letGoOn(document, document.epoch, { retriedBy: actor })) return;
      throw new AppError(
        'EXECUTION_NOT_HELD',
        'input',
        `Execution ${executionId} is not held, or is being cancelled, so there is nothing to retry.`,
        {
          values: { id: executionId },
          fix: 'Read it again; somebody may have retried, cancelled or resent it already.',
        },
      );
    },

    async cancel(executionId, actor, reason) {
      const document = assertStored(await executions.get(executionId), executionId);
      if (await requestCancel(document, { open: true }, {}, actor, reason)) return;
      throw new AppError('EXECUTION_DONE', 'input', `Execution ${executionId} has ended already.`, {
        values: { id: executionId },
        fix: 'Read it again to see how it ended.',
      });
    },

    async heldGroups() {
      const groups = new Map<string, Writable<HeldGroup>>();
      const { count, more } = await eachHeld({ status: 'held' }, MOST, (document) => addTo(groups, document));
      const sorted = [...groups.values()].sort((a, b) => b.count - a.count);
      return { groups: sorted, count, more } satisfies HeldGroups;
    },

    heldAgain: (bulkId) => executions.count({ status: 'held', bulk: bulkId, cancelRequested: null }, MOST),

    async selectHeld(selection, limit) {
      if (selection.ids) return chooseIds(selection.ids, selection.outcomeKnown);
      const items: HeldItem[] = [];
      const { more } = await eachHeld(filterOf(selection), limit, ({ _id, epoch }) => items.push({ executionId: _id, epoch }));
      const unknownSkipped =
        selection.outcomeKnown === true ? await executions.count(filterOf({ ...selection, outcomeKnown: false }), MOST) : 0;
      return { items, more, unknownSkipped };
    },

    async retryHeld(item, { actor, bulkId }) {
      const document = await executions.get(item.executionId);
      if (document === undefined) return 'missing';
      // Whoever takes the execution counts its epoch up: what was held when the bulk began goes on once, whoever lets it.
      const isDone = await letGoOn(document, item.epoch, { retriedBy: actor, bulk: bulkId });
      return isDone ? 'done' : outcomeOf(document, item, bulkId);
    },

    async cancelHeld(item, { actor, bulkId, reason }) {
      const document = await executions.get(item.executionId);
      if (document === undefined) return 'missing';
      const match = { status: 'held', epoch: item.epoch, cancelRequested: null };
      const isDone = await requestCancel(document, match, { bulk: bulkId }, actor, reason);
      return isDone ? 'done' : outcomeOf(document, item, bulkId);
    },
  };

  /** What is to be cancelled only ends, though it is held until somebody has ended it: nobody may be told that it goes on. */
  async function letGoOn(
    document: ExecutionDocument,
    epoch: number,
    marks: Readonly<Record<string, unknown>> & { readonly retriedBy: string },
  ): Promise<boolean> {
    if (isPrepared(document)) return epoch === document.epoch && (await releasePrepared(document, marks.retriedBy, marks, deps));
    const result = await executions.patchIf(
      document._id,
      { status: 'held', epoch, cancelRequested: null },
      {
        set: { status: 'queued', releasedEpoch: document.epoch, ...marks },
        unset: ['held', 'error', 'due'],
        inc: { retries: 1 },
      },
      { durability: 'full' },
    );
    if (result.outcome === 'patched') await workQueue.ring(document.part);
    return result.outcome === 'patched';
  }

  async function requestCancel(
    { _id, part }: ExecutionDocument,
    match: Filter,
    marks: Readonly<Record<string, unknown>>,
    by: string,
    reason: string,
  ): Promise<boolean> {
    // A reason in free words may name a person.
    const sealed = deps.seal.seal(executionPlace(_id, 'cancelRequested'), reason);
    const cancelRequested = { by, reason: sealed, at: deps.clock.now() };
    const result = await executions.patchIf(_id, match, { set: { cancelRequested, ...marks } }, { durability: 'full' });
    if (result.outcome !== 'patched') return false;
    // A lost hint never matters: whoever runs it reads the mark.
    await deps.shared.publish(deps.cancelChannel, _id).catch(() => undefined);
    await workQueue.ring(part);
    return true;
  }

  async function chooseIds(ids: readonly string[], outcomeKnown: boolean | undefined): Promise<HeldChoice> {
    const items: HeldItem[] = [];
    let unknownSkipped = 0;
    for (const executionId of new Set(ids)) {
      const document = await executions.get(executionId);
      const held = document?.status === 'held' ? document.held : undefined;
      if (held === undefined) items.push({ executionId, epoch: NO_EPOCH });
      else if (outcomeKnown === undefined || held.outcomeKnown === outcomeKnown) items.push({ executionId, epoch: document!.epoch });
      else if (!held.outcomeKnown) unknownSkipped += 1;
    }
    return { items, more: false, unknownSkipped };
  }

  /** Oldest first, up to `limit`. */
  async function eachHeld(
    filter: Filter,
    limit: number,
    take: (document: ExecutionDocument) => void,
  ): Promise<{ count: number; more: boolean }> {
    let count = 0;
    for (let after: string | undefined; ;) {
      const page = await executions.find(filter, { sort: ['acceptedAt'], limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const document of page) {
        if (count >= limit) return { count, more: true };
        take(document);
        count += 1;
      }
      if (page.length < PAGE) return { count, more: false };
      after = page.at(-1)!._id;
    }
  }
}

/** An earlier run of the same bulk may have done it and ended before it could say so. */
function outcomeOf(document: ExecutionDocument, { epoch }: HeldItem, bulkId: string): HeldOutcome {
  return document.bulk === bulkId && document.epoch >= epoch ? 'done' : 'gone-on';
}

function filterOf({ flowId, ...where }: HeldSelection): Filter {
  return { status: 'held', ...(flowId === undefined ? {} : { flowId }), ...heldAt(where) };
}

/** Where, why, and whether the outcome is known. */
export function heldAt({ node, code, outcomeKnown }: Pick<HeldSelection, 'node' | 'code' | 'outcomeKnown'>): Filter {
  return {
    ...(node === undefined ? {} : { 'held.node': node }),
    ...(code === undefined ? {} : { 'held.reason': code }),
    ...(outcomeKnown === undefined ? {} : { 'held.outcomeKnown': outcomeKnown }),
  };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function addTo(groups: Map<string, Writable<HeldGroup>>, { _id, flowId, version, held }: ExecutionDocument): void {
  if (held === undefined) return;
  const { node, reason: code, outcomeKnown, at } = held;
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
  // The newest are the likeliest to be looked at.
  group.examples = [_id, ...group.examples].slice(0, MOST_EXAMPLES);
}
