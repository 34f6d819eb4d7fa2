/** What an action changes among the marked documents, so that its audit line can say so. */
import { AsyncLocalStorage } from 'node:async_hooks';

/** `mac` absent: the document was removed; `revision` is then the one that it had. */
export interface MarkChange {
  readonly collection: string;
  readonly id: string;
  readonly revision: number;
  readonly mac?: string;
}

const changes = new AsyncLocalStorage<MarkChange[]>();

/** Runs `action` and adds to `into` what it changes; also when it fails. */
export function collectChanges<R>(into: MarkChange[], action: () => Promise<R>): Promise<R> {
  return changes.run(into, action);
}

/** Called by the marked collections after each write. Outside an action nobody listens. */
export function noteChange(change: MarkChange): void {
  changes.getStore()?.push(change);
}
