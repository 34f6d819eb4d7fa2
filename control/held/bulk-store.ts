/** Bulks as they are stored: what was chosen when they began, and how far they are, so that another process can go on with them. */
import { Type } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import type { HeldSelection } from '../../engine/execution/execution-query.ts';
import type { BulkOutcome, HeldItem } from '../../engine/operate/interface.ts';

export type BulkKind = 'retry' | 'resend' | 'conclude' | 'cancel';

/** Why the person who runs a bulk may not go on: their account was disabled or removed, their login or token ended, their right was taken. */
export type LostStanding = 'account-disabled' | 'signed-out' | 'right-lost';

/** A bulk as people see it. */
export interface Bulk {
  readonly bulkId: string;
  readonly kind: BulkKind;
  /**
   * `stopped`: whoever asked left, or somebody ended it; asking again under its id goes on with what is not done. `closed`: somebody decided
   * that the rest is left as it is; nothing goes on with it.
   */
  readonly status: 'running' | 'stopped' | 'done' | 'closed';
  readonly startedBy: string;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly stoppedBy?: string;
  /** It stopped by itself. */
  readonly stopReason?: LostStanding;
  /** Of one whose process died while it ran: when it last stored how far it was. */
  readonly diedAt?: number;
  readonly closedBy?: string;
  /** What was chosen; of given ids only how many, of a business key its name alone. */
  readonly selection: Omit<HeldSelection, 'ids' | 'key'> & { readonly ids?: number; readonly key?: string };
  /** Executions that were held when it began. */
  readonly total: number;
  /** How many of them were gone through; the next four add up to it. */
  readonly handled: number;
  /** Retried, resent, ended as done or cancelled by this bulk. */
  readonly done: number;
  /** Had gone on by themselves: somebody else had retried or cancelled them. */
  readonly goneOn: number;
  readonly missing: number;
  /**
   * Could not be resent, be moved to the tables of now, or be ended as done, as they are; or belonged, when their turn came, to a domain that the
   * person did not have. Absent in those of 0.1.0.
   */
  readonly refused?: number;
  /** Left out at the start, since whether their write was done is not known. */
  readonly unknownSkipped: number;
  /** More were held than one bulk takes. */
  readonly more: boolean;
  readonly perSecond: number;
  /** Of a retry with the code tables of now. */
  readonly tables?: 'now';
  /** What became of those that it let go on; absent where it ends them. */
  readonly outcome?: BulkOutcome;
  /** Those of who began it; absent: all. */
  readonly domains?: readonly string[];
}

export interface BulkDocument extends StoredDocument, Omit<Bulk, 'bulkId'> {
  /** Sealed: a reason in free words may name a person. */
  readonly reason?: string;
  /** When its outcome was looked at last. */
  readonly outcomeAt?: number;
  /** Nothing of it was under way any more: what became of it then stands for good. */
  readonly isSettled?: true;
  /** Which going-through of it writes: a newer one shuts the older one out. */
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
  /** The items lie there before the bulk does. False: there is one under this id already. */
  insert(document: BulkDocument, items: readonly HeldItem[]): Promise<boolean>;
  /** The items from a position on. */
  items(bulkId: string, from: number): AsyncIterable<HeldItem>;
  /** Newest first; with `domains` those that were begun for none but these. */
  latest(limit: number, domains?: readonly string[]): Promise<readonly BulkDocument[]>;
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
    async latest(limit, domains) {
      const found: BulkDocument[] = [];
      for (let after: string | undefined, isLast = false; !isLast && found.length < limit;) {
        const page = await bulks.find({}, { sort: ['-startedAt'], limit: PART_SIZE, ...(after === undefined ? {} : { after }) });
        found.push(...page.filter((bulk) => isBegunWithin(bulk, domains)));
        isLast = page.length < PART_SIZE;
        after = page.at(-1)?._id;
      }
      return found.slice(0, limit);
    },
    sealReason: (bulkId, reason) => seal.seal(place(bulkId), reason),
    openReason: ({ _id, reason }) => (reason === undefined ? '' : seal.openText(place(_id), reason)),
  };
}

function isBegunWithin({ domains: own }: BulkDocument, domains: readonly string[] | undefined): boolean {
  return domains === undefined || own?.every((domain) => domains.includes(domain)) === true;
}

/** Under the time of its start: two that raced for one id must not mix their parts. */
function partId({ _id, startedAt, startedBy }: BulkDocument, start: number): string {
  return `${_id}/${startedAt}.${startedBy}/${start}`;
}

export function toBulk(document: BulkDocument): Bulk {
  const { _id, reason: _reason, run: _run, beatAt: _beat, expiresAt: _expires, outcomeAt: _seen, isSettled: _settled, ...bulk } = document;
  return { bulkId: _id, ...bulk };
}

/** As people see it, in the list of bulks and in the audit trail: the value of a business key names a person, as a rule. */
export function shownSelection({ ids, key, ...rest }: HeldSelection): Bulk['selection'] {
  return { ...rest, ...(ids === undefined ? {} : { ids: ids.length }), ...(key === undefined ? {} : { key: key.name }) };
}
