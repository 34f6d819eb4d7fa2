/**
 * Why calls were refused in the last five minutes, by code. Keeps only a few codes, so that senders of invalid calls
 * cannot fill the memory.
 */
import { SlotSums } from './slot-sums.ts';

export interface RefusalCause {
  readonly code: string;
  readonly count: number;
  /** When refusals with this code started. After five minutes without such a refusal, the next one sets it again. */
  readonly since: number;
  /** The app that made the calls; absent if unknown, or if there were several. */
  readonly app?: string;
}

const MOST = 8;

export class RefusalCauses {
  readonly #causes = new Map<string, { readonly since: number; readonly sums: SlotSums; app: string | undefined }>();

  add(slot: number, now: number, code: string, app: string | undefined): void {
    this.#forget(slot);
    const known = this.#causes.get(code);
    if (known === undefined && this.#causes.size >= MOST) return;
    const cause = known ?? { since: now, sums: new SlotSums(1), app };
    this.#causes.set(code, cause);
    if (cause.app !== app) cause.app = undefined;
    cause.sums.add(slot, 0);
  }

  list(slot: number): readonly RefusalCause[] {
    this.#forget(slot);
    const causes = Array.from(this.#causes, ([code, { since, sums, app }]) => ({
      ...{ code, since, count: sums.sum(slot, 0) },
      ...(app === undefined ? {} : { app }),
    }));
    return causes.sort(inOrder);
  }

  #forget(slot: number): void {
    for (const [code, { sums }] of this.#causes) if (sums.sum(slot, 0) === 0) this.#causes.delete(code);
  }
}

/** Merges the causes of two processes: adds the counts of each code. Returns the most frequent codes. */
export function addCauses(a: readonly RefusalCause[] = [], b: readonly RefusalCause[] = []): readonly RefusalCause[] {
  const sums = new Map(a.map((cause) => [cause.code, cause]));
  for (const { code, count, since, app } of b) {
    const known = sums.get(code);
    const sole = known === undefined || known.app === app ? app : undefined;
    sums.set(code, {
      ...{ code, count: count + (known?.count ?? 0), since: Math.min(since, known?.since ?? since) },
      ...(sole === undefined ? {} : { app: sole }),
    });
  }
  return [...sums.values()].sort(inOrder).slice(0, MOST);
}

/** Sorts the most frequent first. */
function inOrder(a: RefusalCause, b: RefusalCause): number {
  return b.count - a.count || a.since - b.since;
}
