import type { Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import type { Documents } from '../contract/ports/documents.ts';
import { workersSpec } from '../ownership/worker-document.ts';

/**
 * Time between the two reads of heartbeats, in milliseconds. It is longer than two heartbeats of a running process.
 */
const LOOK_MS = 11_000;
const PAGE = 1000;

/**
 * Rejects with STORE_IN_USE (input) if other processes use the store, because this process would not see what they
 * write. With `isOneOfThem`, this process sends heartbeats too, and its own do not count. An exclusive store has no
 * other processes.
 */
export async function refuseOthers(documents: Documents, clock: Clock, { isOneOfThem }: { readonly isOneOfThem: boolean }): Promise<void> {
  if (documents.isExclusive) return;
  const before = await readBeats(documents);
  await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve));
  const now = await readBeats(documents);
  const living = [...now].filter(([owner, beat]) => before.get(owner) !== beat);
  if (living.length <= (isOneOfThem ? 1 : 0)) return;
  throw new AppError('STORE_IN_USE', 'input', `${living.length} processes use this store.`, {
    values: { count: living.length },
    fix: 'Stop all but one (`kangqiao start`), or all of them; see docs/operations.md.',
  });
}

async function readBeats(documents: Documents): Promise<Map<string, number>> {
  const workers = await documents.open(workersSpec);
  return new Map((await workers.find({}, { limit: PAGE })).map(({ _id, beat }) => [_id, beat]));
}
