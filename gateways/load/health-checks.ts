/** Active health checks: asks each instance regularly, and reports when its state has changed. */
import type { Clock } from '../../engine/contract/values/clock.ts';

export interface HealthEvent {
  readonly kind: 'instance-unhealthy' | 'instance-healthy';
  readonly address: string;
}

export interface HealthCheckOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** The instances, with what is known about them from earlier checks. */
  readonly instances: readonly { readonly address: string; readonly isHealthy: boolean }[];
  readonly intervalMs: number;
  /** Resolves with true if the instance works. It has its own time-out. */
  probe(address: string): Promise<boolean>;
  onHealth(address: string, isHealthy: boolean): void;
  onChange?(event: HealthEvent): void;
}

/** So many equal results in a row change the state. */
const UNHEALTHY_AFTER = 3;
const HEALTHY_AFTER = 2;

export class HealthChecks {
  readonly #options: HealthCheckOptions;
  readonly #states: Map<string, { isHealthy: boolean; contrary: number }>;
  #cancel: () => void = () => undefined;
  #isStopped = false;

  constructor(options: HealthCheckOptions) {
    this.#options = options;
    this.#states = new Map(options.instances.map(({ address, isHealthy }) => [address, { isHealthy, contrary: 0 }]));
  }

  start(): void {
    this.#cancel = this.#options.clock.after(this.#options.intervalMs, () => void this.#round());
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  async #round(): Promise<void> {
    await Promise.all([...this.#states.keys()].map((address) => this.#check(address)));
    if (!this.#isStopped) this.start();
  }

  async #check(address: string): Promise<void> {
    const works = await this.#options.probe(address).catch(() => false);
    const state = this.#states.get(address)!;
    if (this.#isStopped) return;
    if (works === state.isHealthy) {
      state.contrary = 0;
      return;
    }
    if (++state.contrary < (works ? HEALTHY_AFTER : UNHEALTHY_AFTER)) return;
    state.isHealthy = works;
    state.contrary = 0;
    this.#options.onHealth(address, works);
    this.#options.onChange?.({ kind: works ? 'instance-healthy' : 'instance-unhealthy', address });
  }
}
