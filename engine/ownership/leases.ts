/**
 * Leases of what one process alone may do: timers, pollers, listeners. They lie in the document store, and so do their fencing numbers: each
 * change of holder counts one up by a conditional update, so that nothing but the loss of the store itself makes a number go back.
 *
 * A holder renews nothing. It holds what it took for as long as it trusts its incarnation (`owners.ts`, at a quicker pace than that of
 * executions), and others take over when they call that incarnation dead; the same proof carries both. Whoever lost trust takes its leases
 * anew, under a new number.
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
  /** Answers the lease if this process holds it now; undefined while somebody else does. Rejects with STORE_DOWN (transient). */
  acquire(name: string): Promise<Lease | undefined>;
  /** Others take it at once. */
  release(name: string): Promise<void>;
  /** Ends the beat; everything was released before. */
  stop(): Promise<void>;
}

export interface LeasesDeps {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly log: Logger;
  readonly processId: string;
}

/** `_id` is the name. Never removed: its number must not begin anew. */
interface LeaseDocument extends StoredDocument {
  /** An incarnation, or '' when it was released. */
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

/** Another process listens at most 8 s after the last beat of one that was killed: seen within 1 s, dead after 6 s, looked for every 1 s. */
const QUICK: Pace = { beatMs: 1_000, trustMs: 4_500, deadAfterMs: 6_000 };
/** What was read of all leases is good for so long: many that stand by share one reading. */
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
    // Above whatever counted for this name before it was counted here.
    const fencing = Math.floor(clock.now() / 1000);
    const { inserted } = await leases.insert({ _id: name, holder, fencing }, { durability: 'full' });
    return inserted ? leaseOf(holder, fencing, owners) : undefined;
  }

  /** One's own without knowing of it: an answer that was lost, or trust that ran out. */
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
 * Sets every lease of a store free that was copied and that nobody has opened yet: their holders hold them in the store of before. Otherwise
 * the next process would wait until it calls those holders dead. Fencing numbers stay, so that they go on growing.
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
