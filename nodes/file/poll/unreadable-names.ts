import type { AppError } from '../../../engine/contract/values/errors.ts';
import { isName } from '../paths/paths.ts';
import { nameUnreadable } from '../stores/errors.ts';
import type { FileEntry } from '../stores/store.ts';

/** Remembers which files cannot be taken because of their names, so that each is reported once. */
export class UnreadableNames {
  readonly #charset: string;
  #known: ReadonlySet<string> = new Set();

  constructor(charset: string) {
    this.#charset = charset;
  }

  /** Counts such a file whether or not it matches the patterns, because its true name is unknown. */
  *newOnes(entries: readonly FileEntry[]): Iterable<{ readonly entry: FileEntry; readonly error: AppError }> {
    const found = new Set<string>();
    for (const entry of entries) {
      const isUnreadable = entry.kind === 'unreadable';
      if (!isUnreadable && (entry.kind !== 'file' || isName(entry.name))) continue;
      const key = JSON.stringify([entry.name, entry.sizeBytes, entry.modifiedAtMs]);
      found.add(key);
      if (!this.#known.has(key)) yield { entry, error: nameUnreadable(isUnreadable ? this.#charset : undefined) };
    }
    this.#known = found;
  }
}
