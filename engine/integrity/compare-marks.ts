import type { CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import { markOf, type Marker } from './create-marker.ts';
import type { IntegrityState } from './integrity-state.ts';
import type { MarkChange } from './mark-changes.ts';
import { MARKED_COLLECTIONS } from './marked-collections.ts';
import type { Revisions } from './revisions.ts';

/** What the audit trail says about marked documents. */
export interface TrailMarks {
  /** Returns the last change of each document of a collection. */
  latestOf(collection: string): ReadonlyMap<string, MarkChange>;
  /**
   * The audit trail names every document that has a lower revision than this. If a stored document has a lower revision
   * and the audit trail does not name it, it was restored without Kangqiao.
   */
  readonly floor: number;
  /** Returns true if an action that may have removed the document is running, or was interrupted. */
  mayBeRemoved(collection: string, id: string): boolean;
}

export interface CompareMarks {
  /** The documents as the storage returns them; each is stored with its mark. */
  readonly documents: Documents;
  /** Every collection of the store. */
  readonly collections: readonly CollectionSpec<StoredDocument>[];
  readonly marker: Marker;
  readonly state: IntegrityState;
  readonly revisions: Pick<Revisions, 'raise'>;
  /** The audit trail, read before the documents. */
  readonly trail: TrailMarks;
  /** Reads the audit trail again, because other processes keep working. */
  readTrail(): Promise<TrailMarks>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads every marked document, and reports each that is not in its last written state. Returns the number of
 * documents.
 */
export async function compareMarks(deps: CompareMarks): Promise<number> {
  const specs = new Map(deps.collections.map((spec) => [spec.name, spec]));
  const missing: Missing[] = [];
  let count = 0;
  for (const name of MARKED_COLLECTIONS) {
    const spec = specs.get(name);
    const latest = deps.trail.latestOf(name);
    for (const { revision } of latest.values()) deps.revisions.raise(revision);
    const unseen = new Map(latest);
    for await (const stored of spec === undefined ? [] : readAll(deps.documents, spec, deps.signal)) {
      count++;
      unseen.delete(stored._id);
      compareOne(deps, deps.trail, spec!, stored);
    }
    // Documents that expire may be gone without an audit line; removing one early only ends a session.
    if (spec?.expiresAt !== undefined) continue;
    for (const [id, { mac }] of unseen) {
      if (mac === undefined) deps.state.settle(name, id);
      else if (!deps.trail.mayBeRemoved(name, id)) missing.push({ name, id, spec });
    }
  }
  if (missing.length > 0) await confirmMissing(deps, missing);
  return count;
}

interface Missing {
  readonly name: string;
  readonly id: string;
  /** Undefined if the store no longer has such a collection. */
  readonly spec: CollectionSpec<StoredDocument> | undefined;
}

/**
 * Reports documents that are still missing. An action that removes a document writes its audit line first, so the audit
 * trail is read again before this check.
 */
async function confirmMissing(deps: CompareMarks, missing: readonly Missing[]): Promise<void> {
  const trail = await deps.readTrail();
  for (const { name, id, spec } of missing) {
    const stored = spec === undefined ? undefined : await (await deps.documents.open(spec)).get(id);
    if (stored !== undefined) compareOne(deps, trail, spec!, stored);
    else if (trail.latestOf(name).get(id)?.mac !== undefined && !trail.mayBeRemoved(name, id)) deps.state.report(name, id, 'removed');
  }
}

function compareOne(
  { marker, state, revisions }: CompareMarks,
  trail: TrailMarks,
  { name, expiresAt }: CollectionSpec<StoredDocument>,
  stored: StoredDocument,
): void {
  const { _id: id } = stored;
  const checked = marker.check(name, stored);
  if (checked !== 'valid') return state.report(name, id, checked);
  const { revision } = markOf(stored)!;
  revisions.raise(revision);
  // Documents that expire are also written outside actions, so the audit trail does not name all of them. Restoring one
  // does little harm, because it only grants access until it expires.
  const floor = expiresAt === undefined ? trail.floor : 0;
  if (!isOld(revision, trail.latestOf(name).get(id), floor)) return state.settle(name, id);
  state.distrust(name, id, revision);
  state.report(name, id, 'old');
}

function isOld(revision: number, latest: MarkChange | undefined, floor: number): boolean {
  if (latest === undefined) return revision < floor;
  return latest.mac === undefined ? revision <= latest.revision : revision < latest.revision;
}

/**
 * Number of documents per page. A store returns a page as one string, and this many documents of several megabytes each
 * fit into a string.
 */
const PAGE = 32;

export async function* readAll(
  documents: Documents,
  spec: CollectionSpec<StoredDocument>,
  signal?: AbortSignal,
): AsyncGenerator<StoredDocument> {
  const collection = await documents.open(spec);
  for (let after: string | undefined; ;) {
    signal?.throwIfAborted();
    const page = await collection.find({}, { limit: PAGE, ...(after === undefined ? {} : { after }) });
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)!._id;
  }
}
