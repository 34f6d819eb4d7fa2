import type { Clock } from '../contract/values/clock.ts';
import { AppError, toErrorRecord, type ErrorRecord } from '../contract/values/errors.ts';
import type { Arrival, ArrivalResult, Stop } from '../contract/node/node.ts';
import type { Logger, Metrics } from '../contract/values/observe.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { Lease, Leases } from '../ownership/leases.ts';

/**
 * The states of a listener.
 *
 * - `standby`: another process listens for this flow.
 * - `failing`: the listener could not start, or cannot continue; it is retried.
 */
export const TRIGGER_STATES = ['starting', 'listening', 'standby', 'failing', 'stopped'] as const;
export type TriggerState = (typeof TRIGGER_STATES)[number];

export interface TriggerStatus {
  readonly flowId: string;
  readonly version: number;
  readonly nodeId: string;
  readonly type: string;
  readonly state: TriggerState;
  /** Epoch milliseconds of the last change of state. */
  readonly since: number;
  readonly fencing?: number;
  readonly error?: ErrorRecord;
  /** Messages taken since this process started. */
  readonly arrivals: number;
  /** Messages that the trigger put aside since this process started. Absent if there were none. */
  readonly refusals?: Refusals;
}

export interface Refusals {
  readonly count: number;
  /** When and why the last one was put aside. */
  readonly lastAt: number;
  readonly last: ErrorRecord;
}

export interface TriggerRunDeps {
  readonly leases: Pick<Leases, 'acquire' | 'release'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  accept(flow: CompiledFlow, arrival: Arrival, options: { readonly seq: string }): Promise<ArrivalResult>;
  listen(
    flow: CompiledFlow,
    emit: (arrival: Arrival) => Promise<ArrivalResult>,
    reportRefusal: (error: ErrorRecord) => void,
  ): Promise<Stop>;
  /**
   * Returns a text that contains everything a running listener depends on. If the text is unchanged, the listener can
   * continue.
   */
  identify(flow: CompiledFlow): string;
}

const LOOK_EVERY_MS = 1000;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;
/** The time for starting a listener. It is longer than the time limits of adapters usually are. */
const START_WITHIN_MS = 120_000;
/** With so many starts that were abandoned and have not ended, no other is tried, because each may hold connections. */
const MAX_HUNG = 20;
/** The time for stopping a listener. It is less than the time a process has for stopping. */
const STOP_WITHIN_MS = 4000;

/**
 * Runs one flow's listener in this process. It listens only while it holds the flow's lease. The lease's fencing number
 * and a counter determine the order of messages in their lane, so a late message of an earlier listener sorts before
 * those of its successor.
 */
export class TriggerRun {
  #flow: CompiledFlow;
  readonly #deps: TriggerRunDeps;
  #listening: { readonly identity: string; readonly stop: Stop } | undefined;
  /** A listener that is starting. `abandon` ends the wait for it. */
  #starting: { readonly identity: string; abandon(): void } | undefined;
  #hung = 0;
  #lease: Lease | undefined;
  #counter = 0;
  #failures = 0;
  #state: TriggerState = 'starting';
  #since: number;
  #error: ErrorRecord | undefined;
  #refusals: Refusals | undefined;
  #isClosed = false;
  #cancelNext = () => {};
  #tail: Promise<void> = Promise.resolve();

  constructor(flow: CompiledFlow, deps: TriggerRunDeps) {
    this.#flow = flow;
    this.#deps = deps;
    this.#since = deps.clock.now();
  }

  /**
   * Starts the listener, or continues with another version. An unchanged listener is kept, so that no message is
   * dropped.
   */
  update(flow: CompiledFlow): Promise<void> {
    this.#flow = flow;
    this.#failures = 0;
    if (this.#starting !== undefined && this.#starting.identity !== this.#deps.identify(flow)) this.#starting.abandon();
    return this.#step();
  }

  /** Takes no further messages. Resolves when messages in flight have settled. */
  close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelNext();
    this.#starting?.abandon();
    return this.#inTurn(async () => {
      await this.#stopListening();
      this.#become('stopped');
      await this.#giveUpLease();
    });
  }

  get identity(): string | undefined {
    return this.#listening?.identity;
  }

  status(): TriggerStatus {
    const { flowId, version, trigger } = this.#flow;
    return {
      flowId,
      version,
      nodeId: trigger.id,
      type: trigger.node.type,
      state: this.#state,
      since: this.#since,
      arrivals: this.#counter,
      ...(this.#lease === undefined ? {} : { fencing: this.#lease.fencing }),
      ...(this.#error === undefined ? {} : { error: this.#error }),
      ...(this.#refusals === undefined ? {} : { refusals: this.#refusals }),
    };
  }

  #step(): Promise<void> {
    return this.#inTurn(async () => {
      this.#cancelNext();
      if (this.#isClosed) return;
      const nextMs = await this.#hold();
      if (!this.#isClosed) this.#cancelNext = this.#deps.clock.after(nextMs, () => void this.#step());
    });
  }

  /**
   * Acquires or checks the lease, and starts or stops the listener accordingly. Returns the delay until the next check,
   * in milliseconds.
   */
  async #hold(): Promise<number> {
    if (!(await this.#takeLease())) {
      await this.#stopListening();
      this.#become('standby');
      return LOOK_EVERY_MS;
    }
    const identity = this.#deps.identify(this.#flow);
    if (this.#listening?.identity === identity) return LOOK_EVERY_MS;
    await this.#stopListening();
    // The steps above take time, and the process may have been asked to stop meanwhile. Do not bind a port then.
    if (this.#isClosed) return LOOK_EVERY_MS;
    if (this.#hung >= MAX_HUNG) return this.#fail(startLate());
    try {
      const stop = await this.#startListening(identity);
      if (stop === undefined) return LOOK_EVERY_MS;
      this.#listening = { identity, stop };
      void stop.ended?.then((reason) => this.#end(stop, reason));
      this.#failures = 0;
      this.#become('listening');
      return LOOK_EVERY_MS;
    } catch (error) {
      return this.#fail(error);
    }
  }

  /**
   * Starts a listener. One that does not start in time is abandoned: it takes no messages, and is stopped should it start
   * later. Returns undefined if it was abandoned because another version follows, or none.
   */
  async #startListening(identity: string): Promise<Stop | undefined> {
    const abandoned = Promise.withResolvers<undefined>();
    let isAbandoned = false;
    const abandon = () => {
      isAbandoned = true;
      abandoned.resolve(undefined);
    };
    const started = this.#deps.listen(
      this.#flow,
      async (arrival) => (isAbandoned ? { status: 'refused', error: toErrorRecord(leaseLost()) } : this.#take(arrival)),
      (error) => this.#countRefusal(error),
    );
    const cancel = this.#deps.clock.after(START_WITHIN_MS, () => {
      isAbandoned = true;
      abandoned.reject(startLate());
    });
    this.#starting = { identity, abandon };
    try {
      const stop = await Promise.race([started, abandoned.promise]);
      return isAbandoned ? undefined : stop;
    } finally {
      cancel();
      this.#starting = undefined;
      if (isAbandoned) this.#stopLater(started);
    }
  }

  #stopLater(started: Promise<Stop>): void {
    this.#hung += 1;
    started
      .then((stop) => stop.stop())
      .catch((error: unknown) => this.#warn('trigger.abandoned-start-failed', error))
      .finally(() => (this.#hung -= 1));
  }

  /** Called when a listener cannot continue. */
  #end(stop: Stop, reason: unknown): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#listening?.stop !== stop || this.#isClosed) return;
      this.#cancelNext();
      await this.#stopListening();
      const nextMs = await this.#fail(reason);
      this.#cancelNext = this.#deps.clock.after(nextMs, () => void this.#step());
    });
  }

  async #fail(error: unknown): Promise<number> {
    this.#become('failing', toErrorRecord(error));
    this.#deps.logger.error('trigger.listen-failed', error, { flowId: this.#flow.flowId });
    // Release the lease, because another process may be able to listen.
    await this.#giveUpLease();
    return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures++);
  }

  async #takeLease(): Promise<boolean> {
    if (this.#lease?.isHeld()) return true;
    if (this.#lease !== undefined) this.#deps.logger.warn('trigger.lease-lost', { flowId: this.#flow.flowId });
    this.#lease = undefined;
    // Stop listening before taking messages under a new fencing number.
    await this.#stopListening();
    this.#lease = await this.#deps.leases.acquire(this.#leaseName()).catch((error: unknown) => {
      // Log at debug level: while the store is down, every listener fails each second.
      this.#deps.logger.debug('trigger.lease-unknown', { flowId: this.#flow.flowId, reason: toErrorRecord(error).code });
      return undefined;
    });
    if (this.#lease !== undefined) this.#deps.metrics.count('leases_taken_total', { lease: 'listener' });
    return this.#lease !== undefined;
  }

  async #giveUpLease(): Promise<void> {
    this.#lease = undefined;
    await this.#deps.leases.release(this.#leaseName()).catch((error: unknown) => this.#warn('trigger.release-failed', error));
  }

  /**
   * Stops the listener. One that does not stop in time is abandoned, so that it delays neither the next version nor the
   * end of the process.
   */
  async #stopListening(): Promise<void> {
    const listening = this.#listening;
    if (listening === undefined) return;
    this.#listening = undefined;
    const late = Promise.withResolvers<void>();
    const cancel = this.#deps.clock.after(STOP_WITHIN_MS, () => {
      this.#deps.logger.warn('trigger.stop-late', { flowId: this.#flow.flowId, limitMs: STOP_WITHIN_MS });
      late.resolve();
    });
    const stopped = listening.stop.stop().catch((error: unknown) => this.#warn('trigger.stop-failed', error));
    await Promise.race([stopped, late.promise]);
    cancel();
  }

  /** Accepts a message. The sequence number is taken before any await, because it is the order of arrival. */
  async #take(arrival: Arrival): Promise<ArrivalResult> {
    const lease = this.#lease;
    if (!lease?.isHeld()) return { status: 'refused', error: toErrorRecord(leaseLost()) };
    const seq = laneSequence(lease.fencing, ++this.#counter);
    try {
      return await this.#deps.accept(this.#flow, arrival, { seq });
    } catch (error) {
      this.#deps.logger.error('trigger.accept-failed', error, { flowId: this.#flow.flowId });
      return { status: 'refused', error: toErrorRecord(error) };
    }
  }

  #countRefusal(last: ErrorRecord): void {
    this.#refusals = { count: (this.#refusals?.count ?? 0) + 1, lastAt: this.#deps.clock.now(), last };
  }

  #become(state: TriggerState, error?: ErrorRecord): void {
    if (state !== this.#state) this.#since = this.#deps.clock.now();
    this.#state = state;
    this.#error = error;
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#tail = this.#tail
      .then(work)
      .catch((error: unknown) => this.#deps.logger.error('trigger.step-failed', error, { flowId: this.#flow.flowId }));
    return this.#tail;
  }

  #leaseName(): string {
    return `listener:${this.#flow.flowId}`;
  }

  #warn(event: string, error: unknown): void {
    this.#deps.logger.warn(event, { flowId: this.#flow.flowId, reason: toErrorRecord(error).code });
  }
}

/** Returns a text that sorts in the order of (fencing number, counter). */
function laneSequence(fencing: number, counter: number): string {
  return `${String(fencing).padStart(12, '0')}.${String(counter).padStart(12, '0')}`;
}

function startLate(): AppError {
  return new AppError('TRIGGER_START_LATE', 'transient', `The listener did not start within ${START_WITHIN_MS / 1000} s.`, {
    values: { seconds: START_WITHIN_MS / 1000 },
    fix: 'Check with the connection test of the adapter whether the other side answers. The start is tried again.',
  });
}

function leaseLost(): AppError {
  return new AppError('LEASE_LOST', 'transient', 'This process no longer listens for the flow; another does.', {
    fix: 'Send the message again.',
  });
}
