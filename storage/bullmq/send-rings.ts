import type { Redis } from 'ioredis';
import type { JobsOptions, Queue } from 'bullmq';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import { delayedJobId, BELL, RUNG } from './doorbell-keys.ts';

/**
 * Minimum time between two requests of this process that send signals. The signals that come in between are sent
 * together.
 */
const FLUSH_EVERY_MS = 10;
const RETRY_MS = 500;
const COMPLAIN_EVERY_MS = 10_000;
/**
 * Maximum number of delayed signals that are kept while Redis is unreachable. Further ones can be dropped, because the
 * reconciler also finds due work without signals.
 */
const MAX_KEPT_DELAYED = 10_000;
export const JOB: JobsOptions = { removeOnComplete: true, removeOnFail: true };

export interface RingSenderOptions {
  readonly client: Redis;
  readonly queue: Queue;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Collects the signals of this process and sends them together. Signals that Redis does not accept are kept and sent
 * again later.
 */
export class RingSender {
  readonly #client: Redis;
  readonly #queue: Queue;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #rung = new Set<number>();
  /** The due time of each delayed signal, by job id. */
  readonly #delayed = new Map<string, number>();
  #flushing: Promise<void> | undefined;
  #notBefore = Number.NEGATIVE_INFINITY;
  #cancelFlush: (() => void) | undefined;
  #complainedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor({ client, queue, clock, logger }: RingSenderOptions) {
    this.#client = client;
    this.#queue = queue;
    this.#clock = clock;
    this.#logger = logger;
  }

  ring(partition: number): void {
    this.#rung.add(partition);
    this.#schedule();
  }

  ringLater(partition: number, delayMs: number): void {
    const { id, at } = delayedJobId(partition, delayMs, this.#clock.now());
    this.#keepDelayed(id, at);
    this.#schedule();
  }

  /** Sends the remaining signals. If Redis is unreachable they are lost, which the port allows. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelFlush?.();
    await this.#flushing;
    await this.#flush();
  }

  #schedule(): void {
    if (this.#cancelFlush || this.#flushing) return;
    const pauseMs = this.#notBefore - this.#clock.monotonic();
    if (pauseMs <= 0) return this.#begin();
    this.#cancelFlush = this.#clock.after(pauseMs, () => this.#begin());
  }

  #begin(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#notBefore = this.#clock.monotonic() + FLUSH_EVERY_MS;
    this.#flushing = this.#flush().finally(() => {
      this.#flushing = undefined;
      if (!this.#isClosed && this.#rung.size + this.#delayed.size > 0) this.#schedule();
    });
  }

  async #flush(): Promise<void> {
    const partitions = [...this.#rung];
    const due = [...this.#delayed];
    this.#rung.clear();
    this.#delayed.clear();
    try {
      await Promise.all([this.#sendRung(partitions), this.#sendDelayed(due)]);
    } catch (error) {
      // The calls of `ring` have already resolved, so their callers will not try again. Keep the signals and send them
      // later.
      for (const partition of partitions) this.#rung.add(partition);
      for (const [id, at] of due) this.#keepDelayed(id, at);
      this.#notBefore = this.#clock.monotonic() + RETRY_MS;
      this.#complain(error);
    }
  }

  /**
   * Adds the partitions to the set before it adds the job, because a consumer that takes the job must find them in the
   * set.
   */
  async #sendRung(partitions: readonly number[]): Promise<void> {
    if (partitions.length === 0) return;
    await Promise.all([this.#client.sadd(RUNG, ...partitions), this.#queue.add('ring', {}, { jobId: BELL })]);
  }

  async #sendDelayed(due: readonly (readonly [string, number])[]): Promise<void> {
    if (due.length === 0) return;
    const now = this.#clock.now();
    await this.#queue.addBulk(
      due.map(([jobId, at]) => ({ name: 'ring', data: {}, opts: { ...JOB, jobId, delay: Math.max(0, at - now) } })),
    );
  }

  #keepDelayed(id: string, at: number): void {
    if (this.#delayed.size < MAX_KEPT_DELAYED) this.#delayed.set(id, at);
    else this.#complain(new Error('too many delayed rings wait'));
  }

  #complain(error: unknown): void {
    const now = this.#clock.monotonic();
    if (now - this.#complainedAt < COMPLAIN_EVERY_MS) return;
    this.#complainedAt = now;
    this.#logger.warn('work-queue.ring-waits', { reason: String(error) });
  }
}
