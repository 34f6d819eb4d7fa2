/**
 * What the store keeps of flows. Documents are stored as JSON text, because configurations may have names with dots,
 * which the store's paths do not allow. The text is sealed: saved tests contain messages, and analysts make them from
 * real ones.
 */
import { Type } from 'typebox';
import { AppError } from '../contract/values/errors.ts';
import type { FlowDocument, FlowVersion } from '../contract/flow/flow-document.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import type { Seal } from '../contract/values/seal.ts';

export interface DraftRecord extends StoredDocument {
  readonly revision: number;
  readonly contentHash: string;
  /** Sealed JSON. */
  readonly body: string;
  readonly updatedAt: number;
  readonly updatedBy: string;
}

/**
 * A draft as it was before a later save, or a document set aside in a conflict (`isSetAside`; `revision` is the one
 * it was based on).
 */
export interface RevisionRecord extends StoredDocument {
  readonly flowId: string;
  readonly revision: number;
  readonly contentHash: string;
  readonly at: number;
  readonly by: string;
  /** The domain it was saved in; absent in revisions older than this field. */
  readonly domain?: string;
  readonly isSetAside?: true;
  /** Size of the body. */
  readonly bytes: number;
  /** Sealed JSON. */
  readonly body: string;
}

/**
 * `_id` is `flowId@version`. Never changed and never removed. It is stored before the commit, so a version whose
 * commit failed stays too. The pointer says which versions were published (`wasPublished`).
 */
export interface VersionRecord extends StoredDocument {
  readonly flowId: string;
  readonly version: number;
  readonly contentHash: string;
  /** Sealed JSON. */
  readonly body: string;
  readonly publishedAt: number;
  readonly publishedBy: string;
  /** Sealed JSON: free text may name a patient. */
  readonly note?: string;
}

/**
 * Which version of a flow is published. One conditional update of it is the commit of a publication. `version` null:
 * no version is published.
 */
export interface PointerRecord extends StoredDocument {
  readonly revision: number;
  readonly version: number | null;
  readonly contentHash: string;
  readonly changedAt: number;
  readonly changedBy: string;
  /**
   * The highest version ever published. Absent in pointers of 0.1.0; every stored version counts as published then.
   */
  readonly newest?: number;
  /** Numbers below `newest` whose commit failed: never published. */
  readonly skipped?: readonly number[];
}

const open = Type.Object({ _id: Type.String() }, { additionalProperties: true });
const draftsSpec: CollectionSpec<DraftRecord> = { name: 'flow_drafts', schema: open, indexes: [] };
const revisionsSpec: CollectionSpec<RevisionRecord> = {
  name: 'flow_revisions',
  schema: open,
  indexes: [{ name: 'by_flow', fields: ['flowId', 'revision'] }],
};
const versionsSpec: CollectionSpec<VersionRecord> = {
  name: 'flow_versions',
  schema: open,
  indexes: [{ name: 'by_flow', fields: ['flowId', 'version'] }],
};
const pointersSpec: CollectionSpec<PointerRecord> = { name: 'flow_pointers', schema: open, indexes: [] };

export interface FlowStores {
  readonly drafts: Collection<DraftRecord>;
  readonly revisions: Collection<RevisionRecord>;
  readonly versions: Collection<VersionRecord>;
  readonly pointers: Collection<PointerRecord>;
  readonly seal: TextSeal;
}

type TextSeal = Pick<Seal, 'seal' | 'openText'>;

export async function openFlowStores(documents: Documents, seal: TextSeal): Promise<FlowStores> {
  return {
    seal,
    drafts: await documents.open(draftsSpec),
    revisions: await documents.open(revisionsSpec),
    versions: await documents.open(versionsSpec),
    pointers: await documents.open(pointersSpec),
  };
}

/** The sealed text of a value in a document of that collection. */
export function sealJson(seal: TextSeal, { name }: { readonly name: string }, id: string, value: unknown): string {
  return seal.seal({ collection: name, id, field: 'json' }, JSON.stringify(value));
}

export function openJson(seal: TextSeal, { name }: { readonly name: string }, id: string, text: string): unknown {
  return JSON.parse(seal.openText({ collection: name, id, field: 'json' }, text)) as unknown;
}

/** FLOW_VERSION_UNKNOWN (bug) if it is not stored: executions are pinned to it. */
export async function readVersion(stores: FlowStores, flowId: string, version: number): Promise<FlowVersion> {
  const record = await stores.versions.get(`${flowId}@${version}`);
  if (record !== undefined) return toVersion(stores, record);
  throw new AppError('FLOW_VERSION_UNKNOWN', 'bug', `Version ${version} of ${flowId} is not stored.`, { values: { flowId, version } });
}

export function toVersion({ seal, versions }: FlowStores, { _id, flowId, version, contentHash, body }: VersionRecord): FlowVersion {
  return { flowId, version, contentHash, document: openJson(seal, versions, _id, body) as FlowDocument };
}

/** All documents, ordered by id. */
export async function findAll<T extends StoredDocument>(collection: Collection<T>): Promise<T[]> {
  const limit = 500;
  const all: T[] = [];
  for (;;) {
    const last = all.at(-1)?._id;
    const page = await collection.find({}, { sort: ['_id'], limit, ...(last === undefined ? {} : { after: last }) });
    all.push(...page);
    if (page.length < limit) return all;
  }
}

/** The flow of a draft. */
export function bodyOf({ seal, drafts }: FlowStores, record: DraftRecord | undefined): FlowDocument | undefined {
  return record && (openJson(seal, drafts, record._id, record.body) as FlowDocument);
}

/** Whether that version is or was published. */
export function wasPublished({ newest = Infinity, skipped = [] }: PointerRecord, version: number): boolean {
  return version <= newest && !skipped.includes(version);
}

export function isPublished(pointer: PointerRecord | undefined): pointer is PointerRecord & { readonly version: number } {
  return pointer !== undefined && pointer.version !== null;
}
