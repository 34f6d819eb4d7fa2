/** The documents of the other processes, read on request. On an exclusive store there are none. */
import type { Clock } from '../contract/values/clock.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { ProcessDocument } from './process-document.ts';
import { watchLife, type LifeWatch, type ProcessLife } from './process-life.ts';

export interface OtherProcessesDeps {
  readonly stored: Collection<ProcessDocument>;
  readonly isExclusive: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly processId: string;
}

/** For this many milliseconds after a read, further reads return its result. */
const FRESH_MS = 2_000;
const MOST_PROCESSES = 1_000;

export class OtherProcesses {
  readonly #deps: OtherProcessesDeps;
  readonly #life: LifeWatch;
  #lastRead: { readonly at: number; readonly read: Promise<readonly ProcessDocument[]> } | undefined;
  /** The documents that the last successful read of the store returned. */
  #found: readonly ProcessDocument[] = [];

  constructor(deps: OtherProcessesDeps) {
    this.#deps = deps;
    this.#life = watchLife(deps.clock);
  }

  /** Returns the documents of the other processes, including silent and stopped ones for as long as they are listed. */
  all(): Promise<readonly ProcessDocument[]> {
    const { isExclusive, clock } = this.#deps;
    if (isExclusive) return Promise.resolve([]);
    if (this.#lastRead !== undefined && clock.monotonic() - this.#lastRead.at < FRESH_MS) return this.#lastRead.read;
    const read = this.#read();
    this.#lastRead = { at: clock.monotonic(), read };
    return read;
  }

  async living(): Promise<readonly ProcessDocument[]> {
    return (await this.all()).filter(({ _id }) => this.#life.of(_id).state === 'alive');
  }

  /** Returns the state of a process that `all` returned. */
  lifeOf(processId: string): ProcessLife {
    return this.#life.of(processId);
  }

  /**
   * Reads the documents. If the store fails, the last result stays in use. After some time all other processes appear
   * silent, which is correct: nothing is known about them.
   */
  async #read(): Promise<readonly ProcessDocument[]> {
    const { stored, clock, log, processId } = this.#deps;
    try {
      const found = await stored.find({}, { limit: MOST_PROCESSES });
      this.#life.observe(found);
      this.#found = found.filter(({ _id }) => _id !== processId && this.#life.of(_id).goneAt > clock.now());
    } catch (error) {
      log.debug('process.others_unknown', { code: toErrorRecord(error).code });
    }
    return this.#found;
  }
}
