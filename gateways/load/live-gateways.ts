/**
 * Counts the gateways that share limits. Each process adds one to a counter of the current period in the shared state;
 * the count of the last whole period is the number of live gateways.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';

export interface LiveGatewaysOptions {
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly shared: Pick<SharedState, 'increment'>;
  /** The fronts whose calls this process serves. */
  readonly fronts: readonly string[];
}

const PERIOD_MS = 5_000;
/** While the shared state is down, the last count stays: a wrong guess of 1 would multiply every limit. */
const KEPT_PERIODS = 3;

export class LiveGateways {
  readonly #options: LiveGatewaysOptions;
  readonly #counts = new Map<string, number>();
  #cancel: () => void = () => undefined;

  constructor(options: LiveGatewaysOptions) {
    this.#options = options;
  }

  /** Returns the number of gateways that serve the front, this one included. */
  count(front: string): number {
    return Math.max(1, this.#counts.get(front) ?? 1);
  }

  start(): void {
    void this.#beat();
  }

  stop(): void {
    this.#cancel();
  }

  async #beat(): Promise<void> {
    const { clock, shared, fronts } = this.#options;
    const period = Math.floor(clock.now() / PERIOD_MS);
    const next = () => void this.#beat();
    this.#cancel = clock.after((period + 1) * PERIOD_MS - clock.now(), next);
    for (const front of fronts) {
      const key = (at: number) => `gateways:${front}:${at}`;
      try {
        const now = await shared.increment(key(period), 1, KEPT_PERIODS * PERIOD_MS);
        const before = await shared.increment(key(period - 1), 0, KEPT_PERIODS * PERIOD_MS);
        // A gateway that has just started counts at once.
        this.#counts.set(front, Math.max(now, before));
      } catch {
        // Tried again in the next period.
      }
    }
  }
}
