import { AppError } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';

/**
 * `changed`: the document is not the one that was marked. `unmarked`: it was written without Kangqiao. `old`: an
 * earlier copy of it was restored. `removed`: the document is gone, and no action removed it.
 */
export type FindingWhy = 'changed' | 'unmarked' | 'old' | 'removed';

export interface Finding {
  readonly collection: string;
  readonly id: string;
  readonly why: FindingWhy;
  readonly seenAt: number;
}

/** What this process knows about tampering with its store. Each process has one, which all marked collections share. */
export interface IntegrityState {
  /**
   * Returns true if a document without a valid mark is not used. Returns false while processes of the previous version
   * may write to the store.
   */
  isEnforced(): boolean;
  enforce(): void;
  /** Records that a document at this revision is an earlier copy. It must not be used although its mark is valid. */
  distrust(collection: string, id: string, revision: number): void;
  isDistrusted(collection: string, id: string, revision: number): boolean;
  /** Logs the finding once, and keeps it for people to read. */
  report(collection: string, id: string, why: FindingWhy): void;
  /** Removes the findings about a document, because it is correct again. */
  settle(collection: string, id: string): void;
  findings(): readonly Finding[];
}

/** Maximum number of findings that are kept. Further findings are only logged. */
const MAX_FINDINGS = 10_000;

export function createIntegrityState({ now, logger }: { readonly now: () => number; readonly logger: Logger }): IntegrityState {
  const found = new Map<string, Finding>();
  const distrusted = new Map<string, number>();
  let isEnforced = false;
  return {
    isEnforced: () => isEnforced,
    enforce: () => void (isEnforced = true),
    distrust: (collection, id, revision) => void distrusted.set(keyOf(collection, id), revision),
    isDistrusted: (collection, id, revision) => (distrusted.get(keyOf(collection, id)) ?? -1) >= revision,
    report(collection, id, why) {
      const key = keyOf(collection, id);
      if (found.get(key)?.why === why) return;
      if (found.size < MAX_FINDINGS) found.set(key, { collection, id, why, seenAt: now() });
      logger.error('integrity.broken', integrityBroken(collection, id, why), { collection, id, why });
    },
    settle(collection, id) {
      if (found.size > 0) found.delete(keyOf(collection, id));
      if (distrusted.size > 0) distrusted.delete(keyOf(collection, id));
    },
    findings: () => [...found.values()],
  };
}

const WHAT: Readonly<Record<FindingWhy, string>> = {
  changed: 'was changed outside Kangqiao',
  unmarked: 'was added outside Kangqiao',
  old: 'is an earlier copy that was restored',
  removed: 'was removed outside Kangqiao',
};

export function integrityBroken(collection: string, id: string, why: FindingWhy): AppError {
  return new AppError('INTEGRITY_BROKEN', 'bug', `The document ${id} in "${collection}" ${WHAT[why]}; it is not used.`, {
    values: { collection, id, why },
    fix: 'Find out who wrote to the store. Then let the security administrator keep or remove the document, or restore a backup.',
  });
}

function keyOf(collection: string, id: string): string {
  return `${collection}/${id}`;
}
