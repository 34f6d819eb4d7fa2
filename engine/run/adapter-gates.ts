/**
 * Back-pressure per adapter: bulkhead, token bucket and breaker, so that one slow or broken hospital cannot take everybody's time.
 * A sync flow is refused at once (ADAPTER_BUSY, ADAPTER_RATE, ADAPTER_OPEN: transient, with a time to retry); a durable one waits its turn.
 */
import type { Adapter } from '../contract/adapter.ts';
import type { Clock } from '../contract/clock.ts';
import { AppError } from '../contract/errors.ts';

export interface AdapterGates {
  /** Answers what must be called with the outcome when the call has ended. `mayWait`: queue instead of being refused. */
  enter(adapter: Adapter, mayWait: boolean, signal: AbortSignal): Leave | Promise<Leave>;
  /** For health and overview. */
  status(adapterId: string): { readonly active: number; readonly waiting: number; readonly isOpen: boolean };
}

/** `failed`: the hospital did not answer as it should; `refused` and `ok` count as alive. */
export type Leave = (outcome: 'ok' | 'failed') => void;

interface Gate {
  active: number;
  waiting: (() => void)[];
  failures: number;
  openUntil: number;
  tokens: number;
  filledAt: number;
}

const MAX_WAITING = 10_000;

export function createAdapterGates(clock: Clock): AdapterGates {
  const gates = new Map<string, Gate>();

  return { enter, status };

  function enter(adapter: Adapter, mayWait: boolean, signal: AbortSignal): Leave | Promise<Leave> {
    const gate = gateOf(adapter);
    const now = clock.monotonic();
    if (gate.openUntil > now)
      throw refusal('ADAPTER_OPEN', 'does not answer at the moment and is given a pause', adapter, gate.openUntil - now);
    const rateDelayMs = takeToken(gate, adapter, now);
    if (rateDelayMs > 0) throw refusal('ADAPTER_RATE', 'is called more often than its limit allows', adapter, rateDelayMs);
    if (gate.active < adapter.limits.maxConcurrency) return admit(gate, adapter);
    if (!mayWait || gate.waiting.length >= MAX_WAITING)
      throw refusal('ADAPTER_BUSY', 'has as many calls under way as its limit allows', adapter, 100);
    return new Promise((resolve, reject) => {
      const turn = () => {
        signal.removeEventListener('abort', onAbort);
        resolve(admit(gate, adapter));
      };
      const onAbort = () => {
        gate.waiting.splice(gate.waiting.indexOf(turn), 1);
        reject(signal.reason as Error);
      };
      gate.waiting.push(turn);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  function admit(gate: Gate, { limits }: Adapter): Leave {
    gate.active += 1;
    return (outcome) => {
      gate.active -= 1;
      gate.failures = outcome === 'ok' ? 0 : gate.failures + 1;
      if (gate.failures >= limits.breakerFailures) {
        gate.failures = 0;
        gate.openUntil = clock.monotonic() + limits.breakerOpenMs;
      }
      gate.waiting.shift()?.();
    };
  }

  function gateOf(adapter: Adapter): Gate {
    let gate = gates.get(adapter.adapterId);
    if (!gate) {
      gate = { active: 0, waiting: [], failures: 0, openUntil: 0, tokens: adapter.limits.ratePerSec ?? 0, filledAt: clock.monotonic() };
      gates.set(adapter.adapterId, gate);
    }
    return gate;
  }

  function status(adapterId: string) {
    const gate = gates.get(adapterId);
    return { active: gate?.active ?? 0, waiting: gate?.waiting.length ?? 0, isOpen: (gate?.openUntil ?? 0) > clock.monotonic() };
  }
}

/** Token bucket that holds one second's worth; answers 0 or how long until the next token. */
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
    fix: 'Try again later; if it stays so, look at the adapter’s health and limits.',
  });
}
