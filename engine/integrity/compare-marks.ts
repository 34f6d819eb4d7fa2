import type { CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import { markOf, type Marker } from './create-marker.ts';
import type { IntegrityState } from './integrity-state.ts';
import type { MarkChange } from './mark-changes.ts';
import { MARKED_COLLECTIONS } from './marked-collections.ts';
import type { Revisions } from './revisions.ts';

/** What the audit trail tells of marked documents. */
export interface TrailMarks {
  /** The last of each document of a collection. */
  latestOf(collection: string): ReadonlyMap<string, MarkChange>;
  /** A document of an earlier revision is named by the trail, or was put back past Kangqiao. */
  readonly floor: number;
  /** An action is under way, or was broken off, that may have removed it. */
  mayBeRemoved(collection: string, id: string): boolean;
}

export interface CompareMarks {
  /** With marks visible. */
  readonly documents: Documents;
  /** Every collection of the store. */
  readonly collections: readonly CollectionSpec<StoredDocument>[];
  readonly marker: Marker;
  readonly state: IntegrityState;
  readonly revisions: Pick<Revisions, 'raise'>;
  /** Read before the documents are. */
  readonly trail: TrailMarks;
  /** Reads the trail again: others go on working. */
  readTrail(): Promise<TrailMarks>;
  readonly signal?: AbortSignal | undefined;
}

/** Reads every marked document and names each that is not the one last written. Returns how many there are. */
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
    // Those that end by themselves need no line to be gone, and whoever takes one away takes only a session.
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
  /** Undefined: the store has no such collection any more. */
  readonly spec: CollectionSpec<StoredDocument> | undefined;
}

/** An act that removes a document has its line before it does: so the trail is read once more, after the document was found missing. */
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
  // Those that end by themselves are written outside actions too, and only let somebody in until they end.
  const floor = expiresAt === undefined ? trail.floor : 0;
  if (!isOld(revision, trail.latestOf(name).get(id), floor)) return state.settle(name, id);
  state.distrust(name, id, revision);
  state.report(name, id, 'old');
}

function isOld(revision: number, latest: MarkChange | undefined, floor: number): boolean {
  if (latest === undefined) return revision < floor;
  return latest.mac === undefined ? revision <= latest.revision : revision < latest.revision;
}

/** A store answers a page in one piece: this many documents of megabytes each still fit a string. */
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
