/**
 * Small, reversible changes of a JSON value. They are the entries of the history, in memory and in the browser's store.
 * Lists whose items have ids are compared by id. So the removal of a node is one small change. With a comparison by
 * position, it would change all later nodes too, and undo would create new objects for them.
 */
import { isRecord } from '../../../../engine/contract/values/is-record.ts';

/**
 * A field or value that changed. `before` is absent if it did not exist before the change, and `after` if it does not
 * exist after it.
 */
export interface ValueChange {
  readonly path: readonly (string | number)[];
  readonly before?: unknown;
  readonly after?: unknown;
}

/**
 * Items removed from and inserted into a list. Removed positions refer to the old list, inserted positions to the new
 * list.
 */
export interface ListChange {
  readonly path: readonly (string | number)[];
  readonly removed: readonly (readonly [number, unknown])[];
  readonly inserted: readonly (readonly [number, unknown])[];
}

export type Change = ValueChange | ListChange;

type Path = readonly (string | number)[];
type Fields = Readonly<Record<string, unknown>>;

/** Returns every difference, in the order that `applyChanges` needs. An undefined field counts as absent. */
export function findChanges(before: unknown, after: unknown, path: Path = []): Change[] {
  if (before === after) return [];
  if (isRecord(before) && isRecord(after)) return fieldChanges(before, after, path);
  if (Array.isArray(before) && Array.isArray(after)) return listChanges(before, after, path);
  return [{ path, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }];
}

/** Returns the value after the changes (`forward`) or before them (`back`). Unchanged parts stay the same objects. */
export function applyChanges<T>(value: T, changes: readonly Change[], direction: 'forward' | 'back'): T {
  const inOrder = direction === 'forward' ? changes : changes.toReversed();
  const fresh = new Set<unknown>();
  return inOrder.reduce<unknown>((now, change) => edit(now, change.path, 0, fresh, (old) => applied(old, change, direction)), value) as T;
}

function fieldChanges(before: Fields, after: Fields, path: Path): Change[] {
  const names = [...Object.keys(before), ...Object.keys(after).filter((name) => !Object.hasOwn(before, name))];
  return names.flatMap((name) => {
    const [old, now] = [own(before, name), own(after, name)];
    return old === now ? [] : findChanges(old, now, [...path, name]);
  });
}

function listChanges(before: readonly unknown[], after: readonly unknown[], path: Path): Change[] {
  return changesById(before, after, path) ?? changesByPosition(before, after, path);
}

/**
 * Compares lists by the ids of their items. Returns undefined if an item has no id, if two items have the same id, or
 * if the order of items has changed.
 */
function changesById(before: readonly unknown[], after: readonly unknown[], path: Path): Change[] | undefined {
  const old = positionsById(before);
  const now = positionsById(after);
  if (old === undefined || now === undefined) return undefined;
  const keptBefore = [...old.keys()].filter((id) => now.has(id));
  const keptAfter = [...now.keys()].filter((id) => old.has(id));
  if (keptBefore.some((id, index) => keptAfter[index] !== id)) return undefined;
  const removed = before.flatMap((item, index) => (now.has(idOf(item)) ? [] : [[index, item] as const]));
  const inserted = after.flatMap((item, index) => (old.has(idOf(item)) ? [] : [[index, item] as const]));
  const within = keptAfter.flatMap((id) => findChanges(before[old.get(id)!], after[now.get(id)!], [...path, now.get(id)!]));
  return [...(removed.length + inserted.length > 0 ? [{ path, removed, inserted }] : []), ...within];
}

/**
 * Compares lists by position. Equal items at the beginning and at the end are left out. If both lists have the same
 * length, the other items are compared one by one. Otherwise these items of the old list are replaced by those of the
 * new list.
 */
function changesByPosition(before: readonly unknown[], after: readonly unknown[], path: Path): Change[] {
  const most = Math.min(before.length, after.length);
  const isAlike = (a: number, b: number) => findChanges(before[a], after[b]).length === 0;
  let head = 0;
  while (head < most && isAlike(head, head)) head += 1;
  let tail = 0;
  while (tail < most - head && isAlike(before.length - 1 - tail, after.length - 1 - tail)) tail += 1;
  if (before.length === after.length) {
    return before
      .slice(head, before.length - tail)
      .flatMap((item, offset) => findChanges(item, after[head + offset], [...path, head + offset]));
  }
  const between = (list: readonly unknown[]) => list.slice(head, list.length - tail).map((item, offset) => [head + offset, item] as const);
  return [{ path, removed: between(before), inserted: between(after) }];
}

/**
 * Returns the value with the part at the path replaced. Throws an error if the path does not exist; this happens only
 * with a damaged history. Copies each object and list on the path once. `fresh` contains these copies, so that further
 * changes can modify them directly.
 */
function edit(value: unknown, path: Path, depth: number, fresh: Set<unknown>, change: (old: unknown) => unknown): unknown {
  const step = path[depth];
  if (step === undefined) return change(value);
  if (Array.isArray(value) && typeof step === 'number' && step < value.length) {
    const list = writable(value as unknown[], fresh, (items) => [...items]);
    list[step] = edit(list[step], path, depth + 1, fresh, change);
    return list;
  }
  if (!isRecord(value) || typeof step !== 'string') throw new RangeError('The change does not fit the document.');
  const fields = writable(value, fresh, (old) => ({ ...old })) as Record<string, unknown>;
  const inner = edit(own(fields, step), path, depth + 1, fresh, change);
  if (inner === undefined) delete fields[step];
  else if (step === '__proto__')
    Object.defineProperty(fields, step, { value: inner, enumerable: true, configurable: true, writable: true });
  else fields[step] = inner;
  return fields;
}

function writable<T>(value: T, fresh: Set<unknown>, copy: (value: T) => T): T {
  if (fresh.has(value)) return value;
  const copied = copy(value);
  fresh.add(copied);
  return copied;
}

function applied(old: unknown, change: Change, direction: 'forward' | 'back'): unknown {
  if (!('removed' in change)) return direction === 'forward' ? change.after : change.before;
  const [gone, come] = direction === 'forward' ? [change.removed, change.inserted] : [change.inserted, change.removed];
  if (!Array.isArray(old)) throw new RangeError('The change does not fit the document.');
  const leaving = new Set(gone.map(([index]) => index));
  const list = (old as unknown[]).filter((_item, index) => !leaving.has(index));
  for (const [index, item] of come) list.splice(index, 0, item);
  return list;
}

function positionsById(list: readonly unknown[]): ReadonlyMap<string, number> | undefined {
  const positions = new Map<string, number>();
  for (const [index, item] of list.entries()) {
    if (!isRecord(item) || typeof item['id'] !== 'string' || positions.has(item['id'])) return undefined;
    positions.set(item['id'], index);
  }
  return positions;
}

function idOf(item: unknown): string {
  return (item as { readonly id: string }).id;
}

function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
