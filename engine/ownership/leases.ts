/**
 * Leases for work that only one process may do at a time: timers, pollers, listeners. They are in the document store,
 * together with their fencing numbers. Each change of holder increments the number with a conditional update, so a
 * number can only go back if the store is lost.
 *
 * A holder does not renew its leases. It holds them while it trusts its incarnation (`owners.ts`, with shorter times
 * than for executions). Other processes take over when they consider that incarnation dead. The proof in `owners.ts`
 * covers leases too. A process that lost trust acquires its leases again, with a new number.
 */
import { Type } from 'typebox';
import type { Clock } from '../contract/values/clock.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import { findAll } from '../contract/ports/find-all.ts';
import type { WorkerDocument } from './worker-document.ts';
import { createOwners, type Owners, type Pace } from './owners.ts';

export interface Lease {
  readonly fencing: number;
  /** Returns true while this process holds the lease. Once false, it stays false. */
  isHeld(): boolean;
}

export interface Leases {
  start(): Promise<void>;
  /**
   * Returns the lease if this process holds it now; undefined while another process holds it. Rejects with STORE_DOWN
   * (transient) if the store fails.
   */
  acquire(name: string): Promise<Lease | undefined>;
  /** Releases the lease, so that other processes can acquire it at once. */
  release(name: string): Promise<void>;
  /** Stops the heartbeat. Release all leases first. */
  stop(): Promise<void>;
}

export interface LeasesDeps {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly log: Logger;
  readonly processId: string;
}

/** A stored lease; `_id` is its name. It is never removed, because its fencing number must not restart. */
interface LeaseDocument extends StoredDocument {
  /** The incarnation that holds the lease; '' after a release. */
  readonly holder: string;
  readonly fencing: number;
}

const leasesSpec: CollectionSpec<LeaseDocument> = {
  name: 'leases',
  schema: Type.Object({ _id: Type.String(), holder: Type.String(), fencing: Type.Integer() }, { additionalProperties: true }),
  indexes: [],
};
const holdersSpec: CollectionSpec<WorkerDocument> = {
  name: 'lease_holders',
  schema: Type.Object({ _id: Type.String() }, { additionalProperties: true }),
  indexes: [],
  expiresAt: 'expiresAt',
};

/**
 * The times for leases. Another process takes over at most 8 s after the last heartbeat of a killed process: it sees
 * that heartbeat within 1 s, considers the process dead 6 s later, and checks every second.
 */
const QUICK: Pace = { beatMs: 1_000, trustMs: 4_500, deadAfterMs: 6_000 };
/**
 * The result of one read of all leases is used for this long, because many callers that wait for a lease call `acquire`
 * again and again.
 */
const READING_MS = 900;

interface Reading {
  readonly asOf: number;
  readonly rows: ReadonlyMap<string, LeaseDocument>;
}

export async function createLeases({ documents, clock, log, processId }: LeasesDeps): Promise<Leases> {
  const leases = await documents.open(leasesSpec);
  const owners = createOwners({
    workers: await documents.open(holdersSpec),
    isExclusive: documents.isExclusive,
    clock,
    log,
    processId,
    pace: QUICK,
  });
  const held = new Map<string, Lease>();
  let reading: { readonly at: number; readonly rows: Promise<Reading> } | undefined;

  return {
    start: () => owners.start(),
    async acquire(name) {
      const mine = held.get(name);
      if (mine?.isHeld()) return mine;
      held.delete(name);
      const taken = await take(name, await read());
      if (taken) held.set(name, taken);
      return taken;
    },
    async release(name) {
      const lease = held.get(name);
      held.delete(name);
      if (lease) await leases.patchIf(name, { holder: owners.current, fencing: lease.fencing }, { set: { holder: '' } });
    },
    stop: () => owners.stop(false),
  };

  async function take(name: string, { asOf, rows }: Reading): Promise<Lease | undefined> {
    const holder = owners.current;
    if (!owners.isTrusted(holder)) return undefined;
    const row = rows.get(name);
    if (row && !isFree(row, asOf)) return undefined;
    if (row) {
      const result = await leases.patchIf(
        name,
        { holder: row.holder, fencing: row.fencing },
        { set: { holder }, inc: { fencing: 1 } },
        { durability: 'full' },
      );
      return result.outcome === 'patched' ? leaseOf(holder, result.document.fencing, owners) : undefined;
    }
    // Start above any number that this name may have had before leases were stored here.
    const fencing = Math.floor(clock.now() / 1000);
    const { inserted } = await leases.insert({ _id: name, holder, fencing }, { durability: 'full' });
    return inserted ? leaseOf(holder, fencing, owners) : undefined;
  }

  /**
   * Returns true if the lease is free. A lease of an earlier incarnation of this process is free too: the response was
   * lost, or trust ran out.
   */
  function isFree({ holder }: LeaseDocument, asOf: number): boolean {
    return holder === '' || isOwn(holder, processId) || owners.isDead(holder, asOf);
  }

  async function read(): Promise<Reading> {
    const now = clock.monotonic();
    if (reading === undefined || now - reading.at >= READING_MS) {
      reading = { at: now, rows: readAll(leases).then((rows) => ({ asOf: now, rows })) };
      reading.rows.catch((error: unknown) => {
        reading = undefined;
        log.debug('leases.unread', { code: toErrorRecord(error).code });
      });
    }
    return reading.rows;
  }
}

/**
 * Frees every lease of a store that was just copied and that no process has opened yet: the holders hold their leases
 * in the original store. Otherwise the next process would have to wait until those holders count as dead. Fencing
 * numbers are kept, so that they keep growing.
 */
export async function freeCopiedLeases(documents: Documents): Promise<void> {
  const leases = await documents.open(leasesSpec);
  for (const { _id, holder } of (await readAll(leases)).values())
    if (holder !== '') await leases.patchIf(_id, { holder }, { set: { holder: '' } }, { durability: 'full' });
}

function leaseOf(holder: string, fencing: number, owners: Owners): Lease {
  return { fencing, isHeld: () => owners.isTrusted(holder) };
}

function isOwn(holder: string, processId: string): boolean {
  return holder === processId || holder.startsWith(`${processId}.`);
}

async function readAll(leases: Collection<LeaseDocument>): Promise<ReadonlyMap<string, LeaseDocument>> {
  return new Map((await findAll(leases)).map((row) => [row._id, row]));
}
