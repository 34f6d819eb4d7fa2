/**
 * With an embedded store only one process may serve a front. Two processes would not know each other's nonces, so both
 * would accept the same signed request.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Front } from '../../engine/contract/access/access.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { DataFolder } from '../../engine/host/data-folder.ts';
import type { Life } from '../../engine/host/run-until-signal.ts';
import { lockFile } from '../../storage/shared/lock-file.ts';

export interface FrontHold {
  readonly folder: Pick<DataFolder, 'root' | 'plans'>;
  readonly fronts: readonly Front[];
  /** Address of the store that has the nonces of the fronts. */
  readonly store: string;
  readonly life: Pick<Life, 'own'>;
  readonly clock: Clock;
}

/** Maximum time that the clocks of callers may be ahead of ours, as in `storage/redis`. */
const AHEAD_MS = 60_000;

/**
 * Locks the fronts until this process ends. Throws FRONT_LOCKED (input) while another process serves one of them.
 * Returns a function that guards the claims of a shared state. If another store had the nonces of a front before, this store does not know
 * those nonces. Then requests signed before the change of the store are refused with CLAIMS_FORGOTTEN
 * (`SharedState.claimOnce`).
 */
export async function holdFronts({ folder, fronts, store, life, clock }: FrontHold): Promise<(state: SharedState) => SharedState> {
  let since = 0;
  for (const front of fronts) {
    const release = lockFront(folder, front);
    life.own(`front ${front}`, release);
    since = Math.max(since, await keptSince(join(folder.plans, `${front}.nonces`), store, clock.now()));
  }
  return (state) => ({
    ...state,
    claimOnce: (key, ttlMs, share, bornAt) => {
      if (bornAt !== undefined && bornAt < since + AHEAD_MS) return Promise.reject(forgotten());
      return state.claimOnce(key, ttlMs, share, bornAt);
    },
  });
}

/**
 * Locks one front. The lock file is beside the plan file. So two processes that serve the same plan use the same lock,
 * even if they reach the folder by different paths.
 */
function lockFront({ root, plans }: FrontHold['folder'], front: Front): () => void {
  try {
    return lockFile(join(plans, `${front}.lock`));
  } catch (cause) {
    throw new AppError('FRONT_LOCKED', 'input', `Another process already serves the ${front} front of ${root}.`, {
      values: { front, folder: root },
      fix:
        'Stop that process first. With an embedded store, each front has one process, because only that process knows which requests were received before; ' +
        'several gateways of a front need a database server and Redis (docs/operations.md, "Processes apart").',
      cause,
    });
  }
}

/**
 * Returns the time when this store took over the nonces of a front from another store; 0 if no other store had them
 * before.
 */
async function keptSince(file: string, store: string, now: number): Promise<number> {
  const known = await readKept(file);
  if (known?.store === store) return known.since;
  const since = known === undefined ? 0 : now;
  await writeFile(`${file}.new`, JSON.stringify({ store, since }), { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return since;
}

async function readKept(file: string): Promise<{ readonly store: string; readonly since: number } | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as { store: string; since: number };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    // The file is unreadable, so assume that an unknown store had the nonces before.
    return { store: '', since: 0 };
  }
}

function forgotten(): AppError {
  return new AppError('CLAIMS_FORGOTTEN', 'transient', 'Until a moment ago, another process kept the nonces of this front.', {
    fix: 'Sign again in a minute, with the current time.',
    retryAfterMs: AHEAD_MS,
  });
}
