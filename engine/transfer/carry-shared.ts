/** What a new shared state must know of the old one: used nonces, and that fencing numbers go on growing. */
import type { Clock } from '../contract/clock.ts';
import { AppError } from '../contract/errors.ts';
import type { Documents } from '../contract/ports/documents.ts';
import type { KeptEntry, SharedState } from '../contract/ports/shared-state.ts';
import { executionsSpec, PARTITIONS } from '../run/execution-document.ts';
import { fencingOf, listenerLease } from '../trigger/trigger-run.ts';

export interface CarriedShared {
  readonly claims: number;
  readonly leases: number;
}

/**
 * Hands on what the old one kept. Messages in a lane are ordered by the fencing number of the listener that took them: so the new numbers
 * begin above those of every open execution, whatever the old shared state could tell.
 */
export async function carryShared(
  kept: AsyncIterable<KeptEntry>,
  documents: Documents,
  target: SharedState,
  clock: Clock,
): Promise<CarriedShared> {
  const leases = await openLaneFencing(documents);
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

const PAGE = 1000;
const LEASE_MS = 10_000;

/** Lease of each listener with open messages -> the highest number among them. */
async function openLaneFencing(documents: Documents): Promise<Map<string, number>> {
  const executions = await documents.open(executionsSpec);
  const highest = new Map<string, number>();
  for (let part = 0; part < PARTITIONS; part++) {
    for (let after: string | undefined; ;) {
      const page = await executions.find({ part, open: true }, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const { flowId, lane } of page) {
        const fencing = lane ? fencingOf(lane.seq) : undefined;
        if (fencing === undefined) continue;
        const lease = listenerLease(flowId);
        highest.set(lease, Math.max(fencing, highest.get(lease) ?? 0));
      }
      after = page.length < PAGE ? undefined : page.at(-1)!._id;
      if (after === undefined) break;
    }
  }
  return highest;
}

/** A number grows with each change of holder, and there is no other way to raise it. One is given at each start of a listener: few. */
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
  return new AppError('STORE_IN_USE', 'input', 'Other processes work on this store or its shared state.', {
    fix: 'Stop them first; see docs/operations.md.',
  });
}
