/**
 * Takes an instance that fails out of the rotation for a while (passive ejection), and lets one call at a time try it
 * before it is used again.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { SecondBuckets } from './second-buckets.ts';

export type InstanceState = 'in' | 'ejected' | 'probing';

export interface EjectionEvent {
  readonly kind: 'instance-ejected' | 'instance-returned';
  readonly address: string;
  readonly cause: 'consecutive-failures' | 'failure-share' | 'probe-failed' | 'probe-good';
  /** How long the instance stays out; 0 when it returns. */
  readonly ejectedMs: number;
}

export interface OutlierEjectionOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** The instances of one group. */
  readonly watched: readonly WatchedInstance[];
  onChange?(event: EjectionEvent): void;
}

const CONSECUTIVE_FAILURES = 5;
const SECONDS = 10;
const FAILURE_SHARE = 0.5;
const MINIMUM_CALLS = 20;
const EJECTED_FROM_MS = 5_000;
const EJECTED_TO_MS = 300_000;
/** More instances than this share are never out, because the others could not carry the load. */
const MOST_EJECTED = 0.5;
/** After this time in the rotation, the next ejection is short again. */
const FORGET_MS = 60_000;
const [CALLS, FAILURES] = [0, 1];

/** What is known about one instance. It outlives plans, and serves the old and the new plan while they change. */
export class WatchedInstance {
  readonly address: string;
  readonly counts: SecondBuckets;
  state: InstanceState = 'in';
  consecutive = 0;
  ejectedMs = EJECTED_FROM_MS / 2;
  endsAt = 0;
  returnedAt = 0;
  isProbed = false;

  constructor(address: string, clock: Pick<Clock, 'monotonic'>) {
    this.address = address;
    this.counts = new SecondBuckets(clock, SECONDS, 2);
  }
}

export class OutlierEjection {
  readonly #options: OutlierEjectionOptions;

  constructor(options: OutlierEjectionOptions) {
    this.#options = options;
  }

  stateOf(watched: WatchedInstance): InstanceState {
    if (watched.state === 'ejected' && this.#options.clock.monotonic() >= watched.endsAt) watched.state = 'probing';
    return watched.state;
  }

  /** Returns the calls of the last 10 s, how many failed, and for how long the instance is still ejected. */
  recentOf(watched: WatchedInstance): { readonly calls: number; readonly failures: number; readonly ejectedForMs: number | undefined } {
    const isOut = this.stateOf(watched) === 'ejected';
    return {
      calls: watched.counts.sum(CALLS!),
      failures: watched.counts.sum(FAILURES!),
      ejectedForMs: isOut ? watched.endsAt - this.#options.clock.monotonic() : undefined,
    };
  }

  /** Returns true if a call may go to the instance now. An instance that is being tried gets one call at a time. */
  isUsable(watched: WatchedInstance): boolean {
    const state = this.stateOf(watched);
    return state === 'in' || (state === 'probing' && !watched.isProbed);
  }

  /** Called when a call goes to the instance. */
  begin(watched: WatchedInstance): void {
    if (watched.state === 'probing') watched.isProbed = true;
  }

  /** Called when the call has ended. Without `isFailure` it says nothing. */
  end(watched: WatchedInstance, isFailure: boolean | undefined): void {
    if (watched.state === 'probing') return this.#endProbe(watched, isFailure);
    if (isFailure === undefined || watched.state === 'ejected') return;
    watched.counts.add(CALLS!);
    watched.consecutive = isFailure ? watched.consecutive + 1 : 0;
    if (!isFailure) return;
    watched.counts.add(FAILURES!);
    if (watched.consecutive >= CONSECUTIVE_FAILURES) return this.#eject(watched, 'consecutive-failures');
    const calls = watched.counts.sum(CALLS!);
    if (calls >= MINIMUM_CALLS && watched.counts.sum(FAILURES!) >= FAILURE_SHARE * calls) this.#eject(watched, 'failure-share');
  }

  #endProbe(watched: WatchedInstance, isFailure: boolean | undefined): void {
    // A late call of the time before the ejection may end here. It says as much about the instance as a probe.
    watched.isProbed = false;
    if (isFailure === undefined) return;
    if (isFailure) return this.#eject(watched, 'probe-failed');
    watched.state = 'in';
    watched.returnedAt = this.#options.clock.monotonic();
    watched.consecutive = 0;
    watched.counts.reset();
    this.#options.onChange?.({ kind: 'instance-returned', address: watched.address, cause: 'probe-good', ejectedMs: 0 });
  }

  #eject(watched: WatchedInstance, cause: EjectionEvent['cause']): void {
    if (watched.state === 'in' && this.#out() + 1 > MOST_EJECTED * this.#options.watched.length) return;
    const now = this.#options.clock.monotonic();
    if (watched.state === 'in' && now - watched.returnedAt >= FORGET_MS) watched.ejectedMs = EJECTED_FROM_MS / 2;
    watched.ejectedMs = Math.min(EJECTED_TO_MS, watched.ejectedMs * 2);
    watched.state = 'ejected';
    watched.endsAt = now + watched.ejectedMs;
    watched.isProbed = false;
    this.#options.onChange?.({ kind: 'instance-ejected', address: watched.address, cause, ejectedMs: watched.ejectedMs });
  }

  #out(): number {
    let out = 0;
    for (const { state } of this.#options.watched) if (state !== 'in') out++;
    return out;
  }
}
