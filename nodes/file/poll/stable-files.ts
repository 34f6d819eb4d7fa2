import type { Clock } from '../../../engine/contract/values/clock.ts';
import type { FileState } from '../stores/store.ts';

interface Seen {
  readonly state: FileState;
  readonly sinceMs: number;
}

/** Remembers for how long files have kept their size and time. */
export class StableFiles {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #stableMs: number;
  #seen = new Map<string, Seen>();
  /** What the present look has seen. Others are forgotten at its end. */
  #seenNow = new Map<string, Seen>();

  constructor(clock: Pick<Clock, 'monotonic'>, stableMs: number) {
    this.#clock = clock;
    this.#stableMs = stableMs;
  }

  /** Returns whether the file has had this size and time for long enough. */
  isStable(path: string, { sizeBytes, modifiedAtMs }: FileState): boolean {
    const now = this.#clock.monotonic();
    const known = this.#seen.get(path);
    const isSame = known !== undefined && known.state.sizeBytes === sizeBytes && known.state.modifiedAtMs === modifiedAtMs;
    const seen = isSame ? known : { state: { sizeBytes, modifiedAtMs }, sinceMs: now };
    this.#seenNow.set(path, seen);
    return now - seen.sinceMs >= this.#stableMs;
  }

  endLook(): void {
    this.#seen = this.#seenNow;
    this.#seenNow = new Map();
  }
}
