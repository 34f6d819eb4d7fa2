/**
 * Copies what a new shared state must keep from the old one: used nonces, and fencing numbers, which must never
 * decrease.
 */
import type { Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import type { KeptEntry, SharedState } from '../contract/ports/shared-state.ts';

export interface CarriedShared {
  readonly claims: number;
  readonly leases: number;
}

/**
 * Copies claims and fencing numbers. The leases of listeners are documents, and are copied with them (decision 0019).
 */
export async function carryShared(kept: AsyncIterable<KeptEntry>, target: SharedState, clock: Clock): Promise<CarriedShared> {
  const leases = new Map<string, number>();
  let claims = 0;
  for await (const entry of kept) {
    if (entry.kind === 'lease') {
      leases.set(entry.name, Math.max(entry.fencing, leases.get(entry.name) ?? 0));
    } else if (entry.endsAt > clock.now()) {
      await target.claimOnce(entry.key, entry.endsAt - clock.now(), entry.share);
      claims++;
    }
  }
  for (const [name, fencing] of leases) await raiseFencing(target, name, fencing);
  return { claims, leases: leases.size };
}

const LEASE_MS = 10_000;

/**
 * Raises a fencing number. It increases only when the holder changes, so the holder is changed repeatedly. Listeners
 * get one number per start, so few changes are needed.
 */
async function raiseFencing(shared: SharedState, name: string, atLeast: number): Promise<void> {
  for (let turn = 0; ; turn++) {
    const holder = `copy-${turn}`;
    const lease = await shared.acquireLease(name, holder, LEASE_MS);
    if (!lease) throw inUse();
    await shared.releaseLease(name, holder);
    if (lease.fencing >= atLeast) return;
  }
}

function inUse(): AppError {
  return new AppError('STORE_IN_USE', 'input', 'Other processes use this store or its shared state.', {
    fix: 'Stop them first; see docs/operations.md.',
  });
}
