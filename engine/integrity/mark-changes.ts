/** Collects which marked documents an action changes, for its audit line. */
import { AsyncLocalStorage } from 'node:async_hooks';

/** The change of a marked document. If `mac` is absent, the document was removed, and `revision` is the one it had. */
export interface MarkChange {
  readonly collection: string;
  readonly id: string;
  readonly revision: number;
  readonly mac?: string;
}

const changes = new AsyncLocalStorage<MarkChange[]>();

/** Runs `action`. Adds the changes that it makes to `into`, even if the action fails. */
export function collectChanges<R>(into: MarkChange[], action: () => Promise<R>): Promise<R> {
  return changes.run(into, action);
}

/** Called by the marked collections after each write. Outside an action it does nothing. */
export function noteChange(change: MarkChange): void {
  changes.getStore()?.push(change);
}
