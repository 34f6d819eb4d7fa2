/** The connections of one adapter in this process. Each is opened when needed, used by one step at a time, and closed when idle. */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Connection } from './drivers/driver.ts';
import { stopped } from './drivers/errors.ts';

/**
 * Maximum number of steps that wait for a connection. If there are more, the database is far too slow. The additional
 * steps are refused, and the engine retries them later.
 */
const MAX_WAITING = 1000;

export interface PoolOptions {
  readonly connections: number;
  readonly idleCloseMs: number;
  /** Maximum time that a step waits for a connection. */
  readonly waitMs: number;
  readonly clock: Clock;
}

interface Idle {
  readonly connection: Connection;
  cancelClose(): void;
}

interface Waiting {
  /** Called with an idle connection, or with none if the step may open one. */
  take(connection: Connection | undefined): void;
}

export class Pool {
  readonly #options: PoolOptions;
  #idle: Idle[] = [];
  /** Connections that are idle, used or being opened. */
  #count = 0;
  readonly #waiting: Waiting[] = [];
  #isRetired = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /**
   * Returns an idle connection or opens one. Rejects with the errors of `open`, with DATABASE_BUSY or DATABASE_STOPPED
   * (transient). The caller returns the connection by `release`.
   */
  async acquire(open: () => Promise<Connection>, signal: AbortSignal): Promise<Connection> {
    const free = this.#takeIdle() ?? (await this.#placeOrIdle(signal));
    if (free !== undefined) return free;
    try {
      return await open();
    } catch (error) {
      this.#freePlace();
      throw error;
    }
  }

  /** Takes a connection back. One that is lost, or is in the middle of a transaction, is not used again. */
  release(connection: Connection): void {
    if (!connection.isUsable || connection.isInTransaction || this.#isRetired) {
      connection.close();
      return this.#freePlace();
    }
    const next = this.#waiting.shift();
    if (next !== undefined) return next.take(connection);
    connection.setIdle(true);
    const idle: Idle = { connection, cancelClose: this.#options.clock.after(this.#options.idleCloseMs, () => this.#closeIdle(idle)) };
    this.#idle.push(idle);
  }

  /** Closes the idle connections now, and those in use when their step is done. */
  retire(): void {
    this.#isRetired = true;
    for (const idle of [...this.#idle]) this.#closeIdle(idle);
  }

  #takeIdle(): Connection | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      idle.cancelClose();
      if (idle.connection.isUsable) {
        idle.connection.setIdle(false);
        return idle.connection;
      }
      idle.connection.close();
      this.#count -= 1;
    }
    return undefined;
  }

  /** Returns undefined if the step may open a connection, otherwise one that another step has released. */
  #placeOrIdle(signal: AbortSignal): Promise<Connection | undefined> | undefined {
    if (this.#count < this.#options.connections) {
      this.#count += 1;
      return undefined;
    }
    if (this.#waiting.length >= MAX_WAITING) throw busy();
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        take(connection) {
          end();
          resolve(connection);
        },
      };
      const giveUp = (error: AppError) => {
        end();
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(error);
      };
      const onAbort = () => giveUp(stopped());
      const cancelTimer = this.#options.clock.after(this.#options.waitMs, () => giveUp(busy()));
      const end = () => {
        cancelTimer();
        signal.removeEventListener('abort', onAbort);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(waiting);
      if (signal.aborted) onAbort();
    });
  }

  #freePlace(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#count -= 1;
    else next.take(undefined);
  }

  #closeIdle(idle: Idle): void {
    idle.cancelClose();
    this.#idle = this.#idle.filter((one) => one !== idle);
    idle.connection.close();
    this.#count -= 1;
  }
}

function busy(): AppError {
  return new AppError('DATABASE_BUSY', 'transient', 'Too many steps are waiting for a connection to this database.', {
    fix: 'Wait, or raise connections of the adapter if the database allows it.',
  });
}
