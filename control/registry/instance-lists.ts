/**
 * The last good lists of instances that registry centres gave. They are sealed: who can write to the store must not be
 * able to send calls elsewhere.
 */
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Documents } from '../../engine/contract/ports/documents.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import type { GroupInstance, InstanceSource } from '../../gateways/documents/upstream-target.ts';
import { openRevisionedStore, type RevisionedStore } from './revisioned-store.ts';

export interface InstanceList {
  readonly listId: string;
  readonly adapterId: string;
  readonly service: string;
  /** Empty until the registry centre has named instances. */
  readonly instances: readonly GroupInstance[];
  /** When the list last changed, epoch milliseconds. */
  readonly changedAt: number;
  /** Set while the registry centre gives no usable list: since when, and the code of the error. */
  readonly failing?: { readonly since: number; readonly code: string };
}

interface StoredList extends Pick<InstanceList, 'listId' | 'adapterId' | 'changedAt' | 'failing'> {
  readonly revision: number;
  readonly body: string;
}

export interface InstanceLists {
  list(): Promise<readonly InstanceList[]>;
  /** Keeps a list, and ends a failure; returns whether the instances changed. */
  keep(source: InstanceSource, instances: readonly GroupInstance[]): Promise<boolean>;
  /** Notes that no usable list came. The last one stays. */
  fail(source: InstanceSource, code: string): Promise<void>;
  /** Removes the lists of all other sources. */
  retain(listIds: ReadonlySet<string>): Promise<void>;
}

const COLLECTION = 'instance_lists';

/** Two groups with the same source share a list. */
export function listIdOf(source: InstanceSource): string {
  const fields = Object.entries(source).sort(([a], [b]) => (a < b ? -1 : 1));
  return `ins_${createHash('sha256').update(JSON.stringify(fields)).digest('hex').slice(0, 32)}`;
}

export async function openInstanceLists({
  documents,
  seal,
  clock,
}: {
  readonly documents: Documents;
  readonly seal: Seal;
  readonly clock: Pick<Clock, 'now'>;
}): Promise<InstanceLists> {
  const stored = await openRevisionedStore<StoredList>(documents, { collection: COLLECTION, idOf: ({ listId }) => listId });
  const place = (id: string) => ({ collection: COLLECTION, id, field: 'body' });
  const open = ({ body, revision: _revision, ...rest }: StoredList): InstanceList => ({
    ...rest,
    ...(JSON.parse(seal.openText(place(rest.listId), body)) as Pick<InstanceList, 'service' | 'instances'>),
  });
  const toStored = ({ service, instances, ...rest }: InstanceList, revision: number): StoredList => ({
    ...rest,
    revision,
    body: seal.seal(place(rest.listId), JSON.stringify({ service, instances })),
  });
  const change = (source: InstanceSource, next: (before: InstanceList | undefined) => InstanceList | undefined) =>
    changeStored(stored, listIdOf(source), (before) => {
      const changed = next(before && open(before));
      return changed && toStored(changed, before?.revision ?? 0);
    });
  return {
    list: async () => (await stored.list()).map(open),
    async keep(source, instances) {
      let isChanged = false;
      await change(source, (before) => {
        isChanged = !isDeepStrictEqual(before?.instances, instances);
        if (!isChanged && before?.failing === undefined) return undefined;
        const changedAt = isChanged ? clock.now() : before!.changedAt;
        return { listId: listIdOf(source), adapterId: source.adapterId, service: source.service, instances, changedAt };
      });
      return isChanged;
    },
    async fail(source, code) {
      const now = clock.now();
      const nothing = { listId: listIdOf(source), adapterId: source.adapterId, service: source.service, instances: [], changedAt: now };
      await change(source, (before) =>
        before?.failing?.code === code ? undefined : { ...(before ?? nothing), failing: { since: before?.failing?.since ?? now, code } },
      );
    },
    async retain(listIds) {
      for (const { listId } of await stored.list()) if (!listIds.has(listId)) await stored.remove(listId);
    },
  };
}

/** Another process may have saved in between: then its list is read, and changed again. */
async function changeStored(
  stored: RevisionedStore<StoredList>,
  id: string,
  next: (before: StoredList | undefined) => StoredList | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const changed = next(await stored.get(id));
    if (changed === undefined) return;
    try {
      return void (await stored.save(changed));
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'STALE_REVISION' || attempt === 3) throw error;
    }
  }
}
