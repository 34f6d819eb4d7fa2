/** The connections of one adapter in this process. Each is opened when needed, used by one step at a time, and closed when idle. */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { AppError } from '../../engine/contract/values/errors.ts';

/**
 * Maximum number of steps that wait for a connection. If there are more, the other system is far too slow. The
 * additional steps are refused, and the engine retries them later.
 */
const MAX_WAITING = 1000;

export interface Pooled {
  /** False once the connection is lost or closed. */
  readonly isUsable: boolean;
  /** An idle connection does not keep the process running. */
  setIdle(isIdle: boolean): void;
  close(): void;
}

export interface PoolOptions {
  readonly connections: number;
  readonly idleCloseMs: number;
  /** Maximum time that a step waits for a connection. */
  readonly waitMs: number;
  readonly clock: Clock;
  /** Creates the error (transient) of a step that waited in vain. */
  busy(): AppError;
  /** Creates the error (transient) of a step that was stopped while it waited. */
  stopped(): AppError;
}

interface Idle<Connection> {
  readonly connection: Connection;
  cancelClose(): void;
}

interface Waiting<Connection> {
  /** Called with an idle connection, or with none if the step may open one. */
  take(connection: Connection | undefined): void;
}

export class Pool<Connection extends Pooled> {
  readonly #options: PoolOptions;
  #idle: Idle<Connection>[] = [];
  /** Connections that are idle, used or being opened. */
  #count = 0;
  readonly #waiting: Waiting<Connection>[] = [];
  #isRetired = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /**
   * Returns an idle connection or opens one. Rejects with the errors of `open`, `busy` or `stopped`. The caller
   * returns the connection by `release`.
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

  /** Takes a connection back. It is used again unless it is lost, or the caller says that it `isSpoilt`. */
  release(connection: Connection, isSpoilt = false): void {
    if (!connection.isUsable || isSpoilt || this.#isRetired) {
      connection.close();
      return this.#freePlace();
    }
    const next = this.#waiting.shift();
    if (next !== undefined) return next.take(connection);
    connection.setIdle(true);
    const idle: Idle<Connection> = {
      connection,
      cancelClose: this.#options.clock.after(this.#options.idleCloseMs, () => this.#closeIdle(idle)),
    };
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
    if (this.#waiting.length >= MAX_WAITING) throw this.#options.busy();
    return new Promise((resolve, reject) => {
      const waiting: Waiting<Connection> = {
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
      const onAbort = () => giveUp(this.#options.stopped());
      const cancelTimer = this.#options.clock.after(this.#options.waitMs, () => giveUp(this.#options.busy()));
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

  #closeIdle(idle: Idle<Connection>): void {
    idle.cancelClose();
    this.#idle = this.#idle.filter((one) => one !== idle);
    idle.connection.close();
    this.#count -= 1;
  }
}

/** The pools of one protocol in this process, by adapter. All nodes that use an adapter share its connections. */
export class Pools<Connection extends Pooled> {
  readonly #entries = new Map<string, { readonly key: string; readonly pool: Pool<Connection> }>();

  /** Returns the pool of the adapter. When `key` (settings and credential) has changed, the old connections are closed. */
  of(adapterId: string, key: string, options: PoolOptions): Pool<Connection> {
    const known = this.#entries.get(adapterId);
    if (known?.key === key) return known.pool;
    known?.pool.retire();
    const pool = new Pool<Connection>(options);
    this.#entries.set(adapterId, { key, pool });
    return pool;
  }
}
