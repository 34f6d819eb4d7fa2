/**
 * One consumer of the work queue. It takes a job, completes it, reads which partitions have new work, and only then
 * calls the listener.
 */
import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { Worker } from 'bullmq';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Consumer } from '../../engine/contract/ports/work-queue.ts';
import { partitionOfJob, QUEUE, RUNG } from './doorbell-keys.ts';

export interface Bell {
  /** BullMQ duplicates this client to make blocking calls. The duplicates continue after a reconnect. */
  readonly client: Redis;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Sends a signal for a partition again, so that another consumer processes it. Called if the signal was read, but was
   * not passed to the listener.
   */
  ringBack(partition: number): void;
}

/**
 * Lifetime of the lock on a job. It is long enough to complete the job. It is short, so that another consumer soon gets
 * the job of a killed process.
 */
const LOCK_MS = 2_000;
const STALLED_EVERY_MS = 2_000;
/**
 * An idle consumer waits this long for a job, and then reads the set even without a job. This is needed because a job
 * can get stuck, and its notification can be lost.
 */
const WAIT_SECONDS = 3;
const RETRY_MS = 300;
const LISTENER_RETRY_MS = 1_000;
const COMPLAIN_EVERY_MS = 10_000;
const MOST_AT_ONCE = 256;

/** Limits the blocking time. BullMQ waits up to 10 s while a delayed job exists, whatever `drainDelay` says. */
class BellWorker extends Worker {
  override get maximumBlockTimeout(): number {
    return WAIT_SECONDS;
  }
}

type Listener = (partitions: readonly number[]) => Promise<void>;

export function startConsumer(bell: Bell, listener: Listener): Consumer {
  return new BellConsumer(bell, listener);
}

/**
 * The order of the steps is important. `ring` adds no job while one exists, so the job must be completed before the set
 * is read. The set must be read before the partitions are processed. Then every signal is either in the set when it is
 * read, or it adds a new job.
 */
class BellConsumer implements Consumer {
  readonly #bell: Bell;
  readonly #listener: Listener;
  readonly #heard = new Set<number>();
  readonly #ended: Promise<void>;
  #worker: Worker | undefined;
  /**
   * True if the set must be read, because a job was completed or may have been completed. It starts as true, because a
   * crashed consumer may have left entries in the set.
   */
  #owesLook = true;
  #isStopped = false;
  #wake = () => {};
  #complainedAt = Number.NEGATIVE_INFINITY;

  constructor(bell: Bell, listener: Listener) {
    this.#bell = bell;
    this.#listener = listener;
    this.#ended = this.#run();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake();
    // Ends a blocking wait for a job, even if the connection is broken.
    await this.#worker?.close(true).catch(() => undefined);
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.#hear();
      } catch (error) {
        this.#complain(error);
        await this.#closeWorker();
        this.#owesLook = true;
        await this.#pause(RETRY_MS);
      }
      if (this.#heard.size > 0 && !this.#isStopped) await this.#deliver();
    }
    for (const partition of this.#heard) this.#bell.ringBack(partition);
    await this.#closeWorker();
  }

  async #hear(): Promise<void> {
    const worker = (this.#worker ??= await this.#openWorker());
    const isIdle = this.#heard.size === 0 && !this.#owesLook;
    let isDone = await this.#takeJob(worker, isIdle);
    this.#owesLook ||= isIdle;
    // Delayed signals that are due together are passed on in one call.
    while (!isDone) isDone = await this.#takeJob(worker, false);
    if (!this.#owesLook) return;
    for (const partition of await this.#bell.client.spop(RUNG, MOST_AT_ONCE)) this.#heard.add(Number(partition));
    this.#owesLook = false;
  }

  /** Takes a job and completes it. Returns true if no further job should be taken. */
  async #takeJob(from: Worker, block: boolean): Promise<boolean> {
    // BullMQ identifies the holder of a job's lock by this token, so it must be unique.
    const token = randomUUID();
    const job = await from.getNextJob(token, { block });
    if (!job) return true;
    const partition = partitionOfJob(job.id);
    if (partition === undefined) this.#owesLook = true;
    else this.#heard.add(partition);
    await job.moveToCompleted(null, token, false);
    return partition === undefined || this.#heard.size >= MOST_AT_ONCE;
  }

  async #deliver(): Promise<void> {
    const partitions = [...this.#heard];
    this.#heard.clear();
    try {
      await this.#listener(partitions);
    } catch (error) {
      this.#bell.logger.error('work-queue.listener-failed', error);
      for (const partition of partitions) this.#heard.add(partition);
      await this.#pause(LISTENER_RETRY_MS);
    }
  }

  async #openWorker(): Promise<Worker> {
    const fresh = new BellWorker(QUEUE.name, null, {
      prefix: QUEUE.prefix,
      connection: this.#bell.client,
      autorun: false,
      drainDelay: WAIT_SECONDS,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_EVERY_MS,
      // BullMQ must never mark this job as failed: a failed job with this id would block all further ones.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
    });
    fresh.on('error', (error) => this.#complain(error));
    this.#worker = fresh;
    await fresh.waitUntilReady();
    await fresh.startStalledCheckTimer();
    return fresh;
  }

  async #closeWorker(): Promise<void> {
    const old = this.#worker;
    this.#worker = undefined;
    await old?.close(true).catch(() => undefined);
  }

  /** Waits, but ends early when the consumer is stopped. */
  async #pause(ms: number): Promise<void> {
    let cancel = () => {};
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      cancel = this.#bell.clock.after(ms, resolve);
      if (this.#isStopped) resolve();
    });
    cancel();
  }

  #complain(error: unknown): void {
    const now = this.#bell.clock.monotonic();
    if (this.#isStopped || now - this.#complainedAt < COMPLAIN_EVERY_MS) return;
    this.#complainedAt = now;
    this.#bell.logger.warn('work-queue.deaf', { reason: String(error) });
  }
}
