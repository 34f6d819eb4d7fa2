/**
 * Leases for what only one process may do at a time: timers, pollers, listeners. They are in the document store,
 * together with their fencing numbers. Each change of holder increments the number by a conditional update, so only
 * the loss of the store can make a number go back.
 *
 * A holder does not renew. It holds its leases while it trusts its incarnation (`owners.ts`, with a quicker pace than
 * that of executions). Others take over when they consider that incarnation dead; the same proof covers both. A
 * process that lost trust acquires its leases again, under a new number.
 */
import { Type } from 'typebox';
import type { Clock } from '../contract/values/clock.ts';
import { toErrorRecord } from '../contract/values/errors.ts';
import type { Logger } from '../contract/values/observe.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import type { WorkerDocument } from './worker-document.ts';
import { createOwners, type Owners, type Pace } from './owners.ts';

export interface Lease {
  readonly fencing: number;
  /** Never true again once it was false. */
  isHeld(): boolean;
}

export interface Leases {
  start(): Promise<void>;
  /**
   * Returns the lease if this process holds it now; undefined while another process does. Rejects with STORE_DOWN
   * (transient).
   */
  acquire(name: string): Promise<Lease | undefined>;
  /** Other processes can acquire it at once. */
  release(name: string): Promise<void>;
  /** Stops the heartbeat. Release all leases before. */
  stop(): Promise<void>;
}

export interface LeasesDeps {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly log: Logger;
  readonly processId: string;
}

/** `_id` is the lease name. Never removed, because its fencing number must not restart. */
interface LeaseDocument extends StoredDocument {
  /** An incarnation, or '' after a release. */
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
 * Another process takes over at most 8 s after the last beat of a killed one: the beat is seen within 1 s, counts as
 * dead after 6 s, and is checked every 1 s.
 */
const QUICK: Pace = { beatMs: 1_000, trustMs: 4_500, deadAfterMs: 6_000 };
/** How long one read of all leases stays valid, so that many standby acquirers share it. */
const READING_MS = 900;
const PAGE = 1_000;

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
    // Start above any number used for this name before leases were counted in this store.
    const fencing = Math.floor(clock.now() / 1000);
    const { inserted } = await leases.insert({ _id: name, holder, fencing }, { durability: 'full' });
    return inserted ? leaseOf(holder, fencing, owners) : undefined;
  }

  /** A lease held by an incarnation of this process is free too: the response was lost, or trust ran out. */
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
 * Frees every lease of a store that was just copied and not yet opened by a process: their holders hold them in the
 * original store. Otherwise the next process would wait until those holders count as dead. Fencing numbers stay, so
 * that they keep growing.
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
  const rows = new Map<string, LeaseDocument>();
  for (let after: string | undefined; ;) {
    const page = await leases.find({}, { limit: PAGE, ...(after === undefined ? {} : { after }) });
    for (const row of page) rows.set(row._id, row);
    if (page.length < PAGE) return rows;
    after = page.at(-1)!._id;
  }
}
