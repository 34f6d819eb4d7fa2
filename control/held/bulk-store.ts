/** Stored bulks: the executions chosen at the start, and the progress, so that another process can continue a bulk. */
import { Type } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import type { HeldSelection } from '../../engine/execution/execution-query.ts';
import type { BulkOutcome, HeldItem } from '../../engine/operate/interface.ts';

export type BulkKind = 'retry' | 'resend' | 'conclude' | 'cancel';

/**
 * The reason why the person who runs a bulk may not continue: their account was disabled or removed, their login or
 * token ended, or their right was removed.
 */
export type BulkStopReason = 'account-disabled' | 'signed-out' | 'right-lost';

/** The public part of a bulk. */
export interface Bulk {
  readonly bulkId: string;
  readonly kind: BulkKind;
  /**
   * `stopped`: the client disconnected, or a person stopped the bulk. A new request with the id of the bulk continues
   * with the rest. `closed`: a person decided not to process the rest; the bulk cannot continue.
   */
  readonly status: 'running' | 'stopped' | 'done' | 'closed';
  readonly startedBy: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly stoppedBy?: string;
  /** The reason why the bulk stopped automatically. */
  readonly stopReason?: BulkStopReason;
  /** Time of the last stored progress. Set only if the process of the bulk died. */
  readonly diedAt?: number;
  readonly closedBy?: string;
  /** The selection. Of given ids only their number is kept, and of a business key only its name. */
  readonly selection: Omit<HeldSelection, 'ids' | 'key'> & { readonly ids?: number; readonly key?: string };
  /** Number of executions that were chosen when the bulk began. */
  readonly total: number;
  /** Number of executions that were processed: the sum of the next four fields. */
  readonly handled: number;
  /** Number of executions that this bulk retried, resent, marked as done or cancelled. */
  readonly done: number;
  /** Number of executions that were no longer held, because another person or bulk had already handled them. */
  readonly goneOn: number;
  readonly missing: number;
  /**
   * Number of executions that could not be resent, moved to the current tables or marked as done, or that belonged to a
   * domain the person did not have any more. Absent in bulks of 0.1.0.
   */
  readonly refused?: number;
  /** Number of executions left out at the start, because it is unknown whether their write was done. */
  readonly unknownSkipped: number;
  /** True if more executions were held than one bulk takes. */
  readonly more: boolean;
  readonly perSecond: number;
  /** Set for a retry with the current code tables. */
  readonly tables?: 'now';
  /** Number of continued executions by their present state; absent for a bulk that ends executions. */
  readonly outcome?: BulkOutcome;
  /** Domains of the person who started the bulk; absent: all domains. */
  readonly domains?: readonly string[];
}

export interface BulkDocument extends StoredDocument, Omit<Bulk, 'bulkId'> {
  /** Encrypted, because a free-text reason may name a person. */
  readonly reason?: string;
  /** Time when the outcome was last read. */
  readonly outcomeAt?: number;
  /** True if none of the executions is running any more, so the outcome is final. */
  readonly isSettled?: true;
  /** The run that may write to this document. A newer run locks out an older one. */
  readonly run: string;
  readonly beatAt: number;
  readonly expiresAt: number;
}

interface BulkPart extends StoredDocument {
  readonly items: readonly (readonly [executionId: string, epoch: number])[];
  readonly expiresAt: number;
}

const shape = Type.Object({ _id: Type.String() }, { additionalProperties: true });
const bulksSpec: CollectionSpec<BulkDocument> = {
  name: 'bulks',
  schema: shape,
  indexes: [{ name: 'by_time', fields: ['startedAt'] }],
  expiresAt: 'expiresAt',
};
const partsSpec: CollectionSpec<BulkPart> = { name: 'bulk_parts', schema: shape, indexes: [], expiresAt: 'expiresAt' };

const PART_SIZE = 500;
export const KEEP_MS = 90 * 86_400_000;

export interface BulkStore {
  readonly bulks: Collection<BulkDocument>;
  /** Stores the items and then the bulk. Returns false if a bulk with this id exists. */
  insert(document: BulkDocument, items: readonly HeldItem[]): Promise<boolean>;
  /** Returns the items from the position `from` on. */
  items(bulkId: string, from: number): AsyncIterable<HeldItem>;
  /**
   * Returns bulks, newest first: all that began at the time `begun`, and at least `count` earlier ones if there are so
   * many. With `domains`, returns only bulks whose domains are all among them.
   */
  newest(count: number, domains?: readonly string[], begun?: number): Promise<readonly BulkDocument[]>;
  sealReason(bulkId: string, reason: string): string;
  openReason(document: BulkDocument): string;
}

export async function openBulkStore(documents: Documents, seal: Seal): Promise<BulkStore> {
  const bulks = await documents.open(bulksSpec);
  const parts = await documents.open(partsSpec);
  const place = (id: string) => ({ collection: bulksSpec.name, id, field: 'reason' });

  return {
    bulks,
    async insert(document, items) {
      if ((await bulks.get(document._id)) !== undefined) return false;
      for (let start = 0; start < items.length; start += PART_SIZE) {
        const part: BulkPart = {
          _id: partId(document, start),
          items: items.slice(start, start + PART_SIZE).map(({ executionId, epoch }) => [executionId, epoch] as const),
          expiresAt: document.expiresAt,
        };
        await parts.insert(part);
      }
      return (await bulks.insert(document, { durability: 'full' })).inserted;
    },
    async *items(bulkId, from) {
      const document = await bulks.get(bulkId);
      for (let start = from - (from % PART_SIZE); document !== undefined && start < document.total; start += PART_SIZE) {
        const part = await parts.get(partId(document, start));
        if (part === undefined)
          throw new AppError('BULK_PART_LOST', 'bug', `A part of the bulk ${bulkId} is not stored.`, { values: { bulkId } });
        for (const [index, [executionId, epoch]] of part.items.entries()) if (start + index >= from) yield { executionId, epoch };
      }
    },
    async newest(count, domains, begun = Number.MAX_SAFE_INTEGER) {
      const found: BulkDocument[] = [];
      const earlier = () => found.filter(({ startedAt }) => startedAt < begun);
      for (let after: string | undefined, isLast = false; !isLast && earlier().length < count;) {
        const options = { sort: ['-startedAt'], limit: PART_SIZE, ...(after === undefined ? {} : { after }) };
        const page = await bulks.find({ startedAt: { lte: begun } }, options);
        found.push(...page.filter((bulk) => isBegunWithin(bulk, domains)));
        isLast = page.length < PART_SIZE;
        after = page.at(-1)?._id;
      }
      return found;
    },
    sealReason: (bulkId, reason) => seal.seal(place(bulkId), reason),
    openReason: ({ _id, reason }) => (reason === undefined ? '' : seal.openText(place(_id), reason)),
  };
}

function isBegunWithin({ domains: own }: BulkDocument, domains: readonly string[] | undefined): boolean {
  return domains === undefined || own?.every((domain) => domains.includes(domain)) === true;
}

/**
 * Returns the id of a part. It includes the start time and the person, because two bulks may be started with the same
 * id at once, and their parts must not mix.
 */
function partId({ _id, startedAt, startedBy }: BulkDocument, start: number): string {
  return `${_id}/${startedAt}.${startedBy}/${start}`;
}

export function toBulk(document: BulkDocument): Bulk {
  const { _id, reason: _reason, run: _run, beatAt: _beat, expiresAt: _expires, outcomeAt: _seen, isSettled: _settled, ...bulk } = document;
  return { bulkId: _id, ...bulk };
}

/**
 * Returns the selection as the list of bulks and the audit trail show it. The value of a business key is left out,
 * because it usually identifies a person.
 */
export function shownSelection({ ids, key, ...rest }: HeldSelection): Bulk['selection'] {
  return { ...rest, ...(ids === undefined ? {} : { ids: ids.length }), ...(key === undefined ? {} : { key: key.name }) };
}
