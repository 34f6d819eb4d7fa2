/** Finds held executions: groups them by cause, or selects them for a bulk operation. */
import type { Collection, Filter } from '../contract/ports/documents.ts';
import type { Seal } from '../contract/values/seal.ts';
import { PAYLOAD_FIELDS, type ExecutionDocument, type ExecutionHead } from '../execution/execution-document.ts';
import { heldAt, type HeldSelection } from '../execution/execution-query.ts';
import { filterTogether, type FlowScope, isWithin, OUTSIDE } from '../execution/scope-filters.ts';
import type { HeldChoice, HeldGroup, HeldGroups, HeldItem } from './interface.ts';

export interface SelectDeps {
  readonly executions: Collection<ExecutionDocument>;
  readonly seal: Pick<Seal, 'token'>;
}

const PAGE = 500;
const MOST = 10_000;
const MOST_EXAMPLES = 5;
/** The epoch of an item that is not held. No claim has this epoch, so the item is reported as `gone-on`. */
const NO_EPOCH = -1;

export async function groupHeld(within: readonly FlowScope[] | undefined, deps: SelectDeps): Promise<HeldGroups> {
  const groups = new Map<string, Writable<HeldGroup>>();
  const { count, more } = await eachHeld(heldWithin({}, within, deps.seal), MOST, (document) => addTo(groups, document), deps);
  const sorted = [...groups.values()].sort((a, b) => b.count - a.count);
  return { groups: sorted, count, more };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function addTo(groups: Map<string, Writable<HeldGroup>>, { _id, flowId, version, held, firstHeldAt }: ExecutionHead): void {
  if (held === undefined) return;
  const { node, reason: code, outcomeKnown } = held;
  // Use the time of the first hold, however often the execution was retried since.
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
  // Keep the newest examples, because people most likely look at those.
  group.examples = [_id, ...group.examples].slice(0, MOST_EXAMPLES);
}

export async function selectHeld(
  selection: HeldSelection,
  limit: number,
  within: readonly FlowScope[] | undefined,
  deps: SelectDeps,
): Promise<HeldChoice> {
  if (selection.ids) return chooseIds(selection.ids, selection.outcomeKnown, within, deps);
  const items: HeldItem[] = [];
  const add = ({ _id, epoch }: ExecutionHead) => void items.push({ executionId: _id, epoch });
  const { more } = await eachHeld(heldWithin(selection, within, deps.seal), limit, add, deps);
  const unknown = { ...selection, outcomeKnown: false };
  const unknownSkipped = selection.outcomeKnown === true ? await countHeld(heldWithin(unknown, within, deps.seal), deps) : 0;
  return { items, more, unknownSkipped };
}

async function chooseIds(
  ids: readonly string[],
  outcomeKnown: boolean | undefined,
  within: readonly FlowScope[] | undefined,
  { executions }: SelectDeps,
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

function heldWithin(
  { flowId, key, ...where }: HeldSelection,
  within: readonly FlowScope[] | undefined,
  seal: SelectDeps['seal'],
): readonly Filter[] {
  const held: Filter = { status: 'held', ...heldAt(where), ...(key === undefined ? {} : { keys: seal.token(key.name, key.value) }) };
  if (within === undefined) return [{ ...held, ...(flowId === undefined ? {} : { flowId }) }];
  const meant = flowId === undefined ? within : within.filter((scope) => scope.flowId === flowId);
  return filterTogether(meant).map((filter) => ({ ...held, ...filter }));
}

/**
 * Calls `take` for up to `limit` executions: those of the first filter from the oldest on, then those of the next
 * filter.
 */
async function eachHeld(
  filters: readonly Filter[],
  limit: number,
  take: (document: ExecutionHead) => void,
  { executions }: SelectDeps,
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

async function countHeld(filters: readonly Filter[], { executions }: SelectDeps): Promise<number> {
  const counts = await Promise.all(filters.map((filter) => executions.count(filter, MOST)));
  return counts.reduce((sum, count) => sum + count, 0);
}
