/**
 * Limits the calls of each adapter with a bulkhead, a token bucket and a circuit breaker, so that one slow or broken
 * hospital cannot slow down all others. A call of a sync flow over a limit is refused at once with ADAPTER_BUSY,
 * ADAPTER_RATE or ADAPTER_OPEN (transient), and with a time to retry. If only the limit of concurrent calls is reached,
 * a call of a durable flow waits.
 */
import type { Adapter } from '../contract/node/adapter.ts';
import type { Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';

export interface AdapterGates {
  /**
   * Admits a call. Call the returned function with the outcome when the call has ended. With `mayWait`, the call waits
   * while the limit of concurrent calls is reached. Otherwise, and for every other limit, throws ADAPTER_BUSY,
   * ADAPTER_RATE or ADAPTER_OPEN (transient).
   */
  enter(adapter: Adapter, mayWait: boolean, signal: AbortSignal): Leave | Promise<Leave>;
  /** Returns the state of each adapter that was called in this process. */
  states(): ReadonlyMap<string, GateState>;
}

export interface GateState {
  readonly active: number;
  readonly waiting: number;
  /** Set while the breaker is open: calls are refused, except for one probe at a time. */
  readonly isPaused?: boolean;
}

/**
 * `failed`: the hospital did not respond as it should; a response that rejects the message is `ok`. `ended`: this
 * process ended the call (the caller left, a cancel), which says nothing about the hospital.
 */
export type Leave = (outcome: 'ok' | 'failed' | 'ended') => void;

interface Gate {
  active: number;
  waiting: (() => void)[];
  failures: number;
  /**
   * Until this time calls are refused; after it, one probe at a time checks whether the system responds. 0 means the
   * breaker is closed.
   */
  openUntil: number;
  isProbing: boolean;
  tokens: number;
  filledAt: number;
}

const MAX_WAITING = 10_000;
const MIN_PAUSE_MS = 100;

export function createAdapterGates(clock: Clock): AdapterGates {
  const gates = new Map<string, Gate>();
  return {
    enter,
    states: () => new Map(Array.from(gates, ([id, gate]) => [id, stateOf(gate)])),
  };

  function enter(adapter: Adapter, mayWait: boolean, signal: AbortSignal): Leave | Promise<Leave> {
    const gate = gateOf(adapter);
    const now = clock.monotonic();
    if (gate.openUntil > now || (gate.openUntil > 0 && gate.isProbing)) throw pausing(gate, adapter);
    const rateDelayMs = takeToken(gate, adapter, now);
    if (rateDelayMs > 0) throw refusal('ADAPTER_RATE', 'is called more often than its limit allows', adapter, rateDelayMs);
    if (gate.active < adapter.limits.maxConcurrency) return admit(gate, adapter);
    if (!mayWait || gate.waiting.length >= MAX_WAITING) {
      throw refusal('ADAPTER_BUSY', 'has as many calls in flight as its limit allows', adapter, MIN_PAUSE_MS);
    }
    return waitForTurn(gate, adapter, signal);
  }

  function waitForTurn(gate: Gate, adapter: Adapter, signal: AbortSignal): Promise<Leave> {
    return new Promise((resolve, reject) => {
      const turn = () => {
        signal.removeEventListener('abort', onAbort);
        if (gate.openUntil === 0) resolve(admit(gate, adapter));
        else reject(pausing(gate, adapter));
      };
      const onAbort = () => {
        const place = gate.waiting.indexOf(turn);
        if (place >= 0) gate.waiting.splice(place, 1);
        reject(signal.reason as Error);
      };
      gate.waiting.push(turn);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  function admit(gate: Gate, { limits }: Adapter): Leave {
    const isProbe = gate.openUntil > 0;
    gate.isProbing ||= isProbe;
    gate.active += 1;
    return (outcome) => {
      gate.active -= 1;
      if (isProbe) gate.isProbing = false;
      if (outcome === 'ok') {
        gate.failures = 0;
        gate.openUntil = 0;
      } else if (outcome === 'failed') {
        gate.failures += 1;
        if (isProbe || gate.failures >= limits.breakerFailures) gate.openUntil = clock.monotonic() + limits.breakerOpenMs;
      }
      // If the breaker is open now, wake all waiting calls so that they fail; otherwise wake only the next.
      for (const turn of gate.waiting.splice(0, gate.openUntil > 0 ? gate.waiting.length : 1)) turn();
    };
  }

  function pausing(gate: Gate, adapter: Adapter): AppError {
    const pauseMs = Math.max(MIN_PAUSE_MS, gate.openUntil - clock.monotonic());
    return refusal('ADAPTER_OPEN', 'is not responding, so calls to it are paused', adapter, pauseMs);
  }

  function gateOf({ adapterId, limits }: Adapter): Gate {
    let gate = gates.get(adapterId);
    if (!gate) {
      const tokens = Math.max(1, limits.ratePerSec ?? 0);
      gate = { active: 0, waiting: [], failures: 0, openUntil: 0, isProbing: false, tokens, filledAt: clock.monotonic() };
      gates.set(adapterId, gate);
    }
    return gate;
  }
}

function stateOf({ active, waiting, openUntil }: Gate): GateState {
  return { active, waiting: waiting.length, ...(openUntil > 0 ? { isPaused: true } : {}) };
}

/**
 * Takes a token from a bucket that holds the tokens of one second. Returns 0, or the milliseconds until the next
 * token.
 */
function takeToken(gate: Gate, { limits: { ratePerSec } }: Adapter, now: number): number {
  if (ratePerSec === undefined) return 0;
  const capacity = Math.max(1, ratePerSec);
  gate.tokens = Math.min(capacity, gate.tokens + ((now - gate.filledAt) / 1000) * ratePerSec);
  gate.filledAt = now;
  if (gate.tokens < 1) return ((1 - gate.tokens) / ratePerSec) * 1000;
  gate.tokens -= 1;
  return 0;
}

function refusal(code: string, why: string, adapter: Adapter, retryAfterMs: number): AppError {
  return new AppError(code, 'transient', `The system behind adapter ${adapter.adapterId} ${why}.`, {
    values: { adapterId: adapter.adapterId },
    retryAfterMs: Math.ceil(retryAfterMs),
    fix: 'Look at the adapter’s health and limits.',
  });
}
