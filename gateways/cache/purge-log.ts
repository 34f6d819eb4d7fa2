import { toErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import { lastPurge, PURGE_CHANNEL, purgeName, type CachePurge, type NumberedPurge } from '../documents/cache-purge.ts';

/** A response, and the number of the last purge before the call that it comes from. */
export interface Purgeable {
  readonly interfaceId: string;
  readonly key: string;
  readonly tags: readonly string[];
  readonly number: number;
}

export interface PurgeLogDeps {
  readonly shared: SharedState;
  readonly clock: Clock;
  /** Called for each purge; undefined if purges were lost, so that all responses are dropped. */
  readonly onPurge: (purge: CachePurge | undefined) => void;
  /** Called when the shared state goes down, and when it is back. */
  readonly onChange: (isDown: boolean, code: string) => void;
}

/** Half of the time within which a purge must work everywhere. */
const READ_EVERY_MS = 500;
/** If a gateway has missed more purges, it drops all responses instead of reading them. */
const MOST_READ = 100;
const MOST_KEPT = 256;
const UNKNOWN = -1;

/**
 * The purges of an installation, as one gateway knows them. Responses are not searched for at a purge: a response is
 * compared with the later purges when it is used. So a purge costs the same whatever the size of the cache, and also
 * applies to responses of calls that began before it.
 */
export class PurgeLog {
  readonly #deps: PurgeLogDeps;
  /** The last purges. They end with the one that has the number `#number`. */
  #purges: CachePurge[] = [];
  #number = UNKNOWN;
  #isDown = false;
  #isStopped = false;
  #cancel = () => {};
  #unsubscribe: (() => void) | undefined;

  constructor(deps: PurgeLogDeps) {
    this.#deps = deps;
    void this.#readOften();
  }

  /** The number of the last known purge. */
  get number(): number {
    return this.#number;
  }

  /** False while the shared state is down or was not read yet. */
  get isConnected(): boolean {
    return !this.#isDown && this.#number !== UNKNOWN;
  }

  /** Returns whether no purge since the call of this response concerns it. */
  isCurrent({ interfaceId, key, tags, number }: Purgeable): boolean {
    if (number === this.#number) return true;
    const missing = this.#number - number;
    if (missing < 0 || missing > this.#purges.length) return false;
    return !this.#purges
      .slice(this.#purges.length - missing)
      .some(
        (purge) =>
          purge.interfaceId === interfaceId &&
          (purge.key === undefined || purge.key === key) &&
          (purge.tag === undefined || tags.includes(purge.tag)),
      );
  }

  /** Called when an operation of the shared state has failed. It counts as down until the log can be read again. */
  noteDown(code: string): void {
    if (this.#isDown) return;
    this.#isDown = true;
    this.#deps.onChange(true, code);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
    this.#unsubscribe?.();
  }

  async #readOften(): Promise<void> {
    try {
      this.#unsubscribe ??= await this.#deps.shared.subscribe(PURGE_CHANNEL, (payload) => this.#hear(payload));
      await this.#read();
      if (this.#isDown) this.#deps.onChange(false, '');
      this.#isDown = false;
    } catch (error) {
      this.noteDown(toErrorRecord(error).code);
    }
    if (this.#isStopped) this.#unsubscribe?.();
    else this.#cancel = this.#deps.clock.after(READ_EVERY_MS, () => void this.#readOften());
  }

  #hear(payload: string): void {
    const { number, purge } = JSON.parse(payload) as NumberedPurge;
    if (number === this.#number + 1) this.#add(number, purge);
    else if (number > this.#number) this.#read().catch((error: unknown) => this.noteDown(toErrorRecord(error).code));
  }

  async #read(): Promise<void> {
    const last = await lastPurge(this.#deps.shared);
    const first = this.#number + 1;
    if (last === this.#number) return;
    if (this.#number === UNKNOWN || last < first || last - first >= MOST_READ) return this.#forget(last);
    const numbers = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    const purges = await Promise.all(numbers.map((number) => this.#deps.shared.get(purgeName(number))));
    purges.forEach((purge, i) => {
      const number = numbers[i]!;
      if (number <= this.#number) return;
      // A purge that cannot be read may concern any response.
      if (purge === undefined) this.#forget(number);
      else this.#add(number, JSON.parse(purge) as CachePurge);
    });
  }

  #add(number: number, purge: CachePurge): void {
    this.#number = number;
    this.#purges.push(purge);
    if (this.#purges.length > MOST_KEPT) this.#purges.shift();
    this.#deps.onPurge(purge);
  }

  /** Forgets the purges up to this number. Responses from before it are no longer current. */
  #forget(number: number): void {
    const isStart = this.#number === UNKNOWN;
    this.#purges = [];
    this.#number = number;
    if (!isStart) this.#deps.onPurge(undefined);
  }
}
