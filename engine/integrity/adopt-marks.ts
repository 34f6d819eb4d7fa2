import type { CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import { readAll } from './compare-marks.ts';
import { MARK_FIELD, markOf, withoutMark, type Marker } from './create-marker.ts';
import type { IntegrityState } from './integrity-state.ts';
import type { MarkChange } from './mark-changes.ts';
import { MARKED_COLLECTIONS } from './marked-collections.ts';
import type { Revisions } from './revisions.ts';

export interface AdoptMarks {
  /** The documents as the storage returns them; each is stored with its mark. */
  readonly documents: Documents;
  readonly collections: readonly CollectionSpec<StoredDocument>[];
  readonly marker: Marker;
  readonly revisions: Revisions;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Marks every document of a store from the previous version with its current content. Yields the current mark of each.
 * This includes documents that an interrupted run has already marked, because that run left no audit line about them.
 * Can be interrupted and run again at any time.
 */
export async function* adoptMarks(deps: AdoptMarks): AsyncGenerator<MarkChange> {
  for (const spec of deps.collections) {
    if (!MARKED_COLLECTIONS.has(spec.name)) continue;
    for await (const { _id: id } of readAll(deps.documents, spec, deps.signal)) {
      const change = await adoptOne(deps, spec, id);
      if (change !== undefined) yield change;
    }
  }
}

/**
 * Yields the marks of documents that are in their last written state, as far as this process knows. Writes nothing.
 */
export async function* standingMarks({
  documents,
  collections,
  marker,
  state,
}: Pick<AdoptMarks, 'documents' | 'collections' | 'marker'> & {
  readonly state: Pick<IntegrityState, 'isDistrusted'>;
}): AsyncGenerator<MarkChange> {
  for (const spec of collections) {
    if (!MARKED_COLLECTIONS.has(spec.name)) continue;
    for await (const stored of readAll(documents, spec)) {
      const { _id: id } = stored;
      if (marker.check(spec.name, stored) !== 'valid') continue;
      const mark = markOf(stored)!;
      if (!state.isDistrusted(spec.name, id, mark.revision)) yield { collection: spec.name, id, ...mark };
    }
  }
}

/**
 * Marks one document. Returns undefined if it was removed meanwhile. With `isAlwaysNew`, a document with a valid mark
 * gets a higher revision too.
 */
export async function adoptOne(
  { documents, marker, revisions }: Pick<AdoptMarks, 'documents' | 'marker' | 'revisions'>,
  spec: CollectionSpec<StoredDocument>,
  id: string,
  { isAlwaysNew = false } = {},
): Promise<MarkChange | undefined> {
  const collection = await documents.open(spec);
  for (;;) {
    const stored = await collection.get(id);
    if (stored === undefined) return undefined;
    const before = markOf(stored);
    if (!isAlwaysNew && before !== undefined && marker.check(spec.name, stored) === 'valid')
      return { collection: spec.name, id, ...before };
    const revision = revisions.next();
    const marked = marker.mark(spec.name, withoutMark(stored), revision);
    const same = before === undefined ? { [MARK_FIELD]: { exists: MARK_FIELD in stored } } : { [`${MARK_FIELD}.mac`]: before.mac };
    const { outcome } = await collection.replaceIf(marked, same, { durability: 'full' });
    if (outcome === 'patched') return { collection: spec.name, id, ...marked[MARK_FIELD] };
  }
}
