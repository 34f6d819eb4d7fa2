/**
 * The stored documents of flows. Flow documents are stored as JSON text, because configurations may have names with
 * dots, which the store's paths do not allow. The text is encrypted, because saved tests contain messages that analysts
 * make from real ones.
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
 * A draft as it was before a later save, or a document that was set aside in a conflict (`isSetAside`). The `revision`
 * of a document that was set aside is the revision it was based on.
 */
export interface RevisionRecord extends StoredDocument {
  readonly flowId: string;
  readonly revision: number;
  readonly contentHash: string;
  readonly at: number;
  readonly by: string;
  /** The flow's domain when the revision was saved; absent in revisions older than this field. */
  readonly domain?: string;
  readonly isSetAside?: true;
  /** Size of the body, in bytes. */
  readonly bytes: number;
  /** Sealed JSON. */
  readonly body: string;
}

/**
 * A version of a flow; `_id` is `flowId@version`. It is never changed and never removed. It is stored before the
 * commit, so a version whose commit failed stays too. The pointer says which versions were published (`wasPublished`).
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
 * Tells which version of a flow is published; `version` is null if none is. One conditional update of this document is
 * the commit of a publication.
 */
export interface PointerRecord extends StoredDocument {
  readonly revision: number;
  readonly version: number | null;
  readonly contentHash: string;
  readonly changedAt: number;
  readonly changedBy: string;
  /** The highest version ever published. Absent in pointers of 0.1.0; then every stored version counts as published. */
  readonly newest?: number;
  /** Versions below `newest` that were never published, because their commit failed. */
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

/** Returns the value as sealed JSON. It can only be opened again for the same document of the same collection. */
export function sealJson(seal: TextSeal, { name }: { readonly name: string }, id: string, value: unknown): string {
  return seal.seal({ collection: name, id, field: 'json' }, JSON.stringify(value));
}

export function openJson(seal: TextSeal, { name }: { readonly name: string }, id: string, text: string): unknown {
  return JSON.parse(seal.openText({ collection: name, id, field: 'json' }, text)) as unknown;
}

/**
 * Reads a version. Rejects with FLOW_VERSION_UNKNOWN (bug) if it is not stored, because executions are pinned to it.
 */
export async function readVersion(stores: FlowStores, flowId: string, version: number): Promise<FlowVersion> {
  const record = await stores.versions.get(`${flowId}@${version}`);
  if (record !== undefined) return toVersion(stores, record);
  throw new AppError('FLOW_VERSION_UNKNOWN', 'bug', `Version ${version} of ${flowId} is not stored.`, { values: { flowId, version } });
}

export function toVersion({ seal, versions }: FlowStores, { _id, flowId, version, contentHash, body }: VersionRecord): FlowVersion {
  return { flowId, version, contentHash, document: openJson(seal, versions, _id, body) as FlowDocument };
}

/** Returns the flow of a draft. */
export function bodyOf({ seal, drafts }: FlowStores, record: DraftRecord | undefined): FlowDocument | undefined {
  return record && (openJson(seal, drafts, record._id, record.body) as FlowDocument);
}

/** Returns whether the version is or was published. */
export function wasPublished({ newest = Infinity, skipped = [] }: PointerRecord, version: number): boolean {
  return version <= newest && !skipped.includes(version);
}

export function isPublished(pointer: PointerRecord | undefined): pointer is PointerRecord & { readonly version: number } {
  return pointer !== undefined && pointer.version !== null;
}
