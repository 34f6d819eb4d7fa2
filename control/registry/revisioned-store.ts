/**
 * A store of documents that people edit. Each save names the revision that it is based on. A save based on an older
 * revision fails with both versions of the document; the store never merges them.
 */
import { Type } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Collection, CollectionSpec, Documents, IndexSpec, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { findAll } from '../../engine/contract/ports/find-all.ts';
import { StaleDraft } from '../../engine/contract/values/stale-draft.ts';

interface Stored<T> extends StoredDocument {
  readonly document: T;
  /** Values that a unique index protects and that are not part of the document. */
  readonly unique?: Readonly<Record<string, string>>;
}

export interface RevisionedSpec<T> {
  readonly collection: string;
  readonly idOf: (document: T) => string;
  /**
   * Returns, by name, values that no other document may have. The store enforces this, also if two documents are saved
   * at once.
   */
  readonly unique?: (document: T) => Readonly<Record<string, string>>;
  readonly uniqueNames?: readonly string[];
  /** Dotted paths within the document that lists filter or sort by. */
  readonly indexed?: readonly string[];
  /** Returns a stored document without what an earlier build allowed in it. */
  readonly upgrade?: (document: T) => T;
  /** Creates the error that names the conflicting document. */
  readonly clash?: (document: T, other: T | undefined) => AppError;
}

export interface RevisionedStore<T> {
  list(): Promise<readonly T[]>;
  listBy(path: string, value: string): Promise<readonly T[]>;
  get(id: string): Promise<T | undefined>;
  /**
   * Saves a document and returns it with its next revision. `document.revision` is the revision that it is based on; 0
   * creates the document.
   */
  save(document: T): Promise<T>;
  remove(id: string): Promise<boolean>;
}

export async function openRevisionedStore<T extends { readonly revision: number }>(
  documents: Documents,
  spec: RevisionedSpec<T>,
): Promise<RevisionedStore<T>> {
  const names = spec.uniqueNames ?? [];
  const indexes: IndexSpec[] = [
    ...names.map((name) => ({ name: `unique_${name}`, fields: [`unique.${name}`], unique: true })),
    ...(spec.indexed ?? []).map((path) => ({ name: `by_${path}`, fields: [`document.${path}`] })),
  ];
  const collectionSpec: CollectionSpec<Stored<T>> = {
    name: spec.collection,
    schema: Type.Object({ _id: Type.String(), document: Type.Object({}, { additionalProperties: true }) }, { additionalProperties: true }),
    indexes,
  };
  const stored = await documents.open(collectionSpec);
  const read = spec.upgrade ?? ((document: T) => document);

  return {
    list: async () => (await findAll(stored)).map(({ document }) => read(document)),
    listBy: async (path, value) => (await findAll(stored, { [`document.${path}`]: value })).map(({ document }) => read(document)),
    async get(id) {
      const found = await stored.get(id);
      return found && read(found.document);
    },
    async save(document) {
      const _id = spec.idOf(document);
      const next = { ...document, revision: document.revision + 1 };
      const unique = spec.unique?.(document);
      const record: Stored<T> = { _id, document: next, ...(unique === undefined ? {} : { unique }) };
      const outcome = document.revision === 0 ? await insert(stored, record) : await replace(stored, record, document.revision);
      if (outcome === 'saved') return next;
      const theirs = (await stored.get(_id))?.document;
      if (outcome === 'clash') throw spec.clash?.(document, await clashing(stored, names, record)) ?? staleRevision(document, theirs);
      throw staleRevision(document, theirs);
    },
    remove: (id) => stored.remove(id),
  };
}

export function staleRevision(yours: unknown, theirs: unknown): AppError {
  return new AppError('STALE_REVISION', 'input', 'Someone else saved in the meantime; nothing was changed.', {
    cause: new StaleDraft(yours, theirs),
    fix: 'Look at both versions, apply your change to theirs and save with its revision.',
  });
}

type Outcome = 'saved' | 'stale' | 'clash';

async function insert<T>(stored: Collection<Stored<T>>, record: Stored<T>): Promise<Outcome> {
  const result = await stored.insert(record, { durability: 'full' });
  if (result.inserted) return 'saved';
  return result.duplicateOf === 'id' ? 'stale' : 'clash';
}

async function replace<T>(stored: Collection<Stored<T>>, record: Stored<T>, revision: number): Promise<Outcome> {
  const result = await stored.replaceIf(record, { 'document.revision': revision }, { durability: 'full' });
  if (result.outcome === 'patched') return 'saved';
  return result.outcome === 'no-match' ? 'stale' : 'clash';
}

async function clashing<T>(stored: Collection<Stored<T>>, names: readonly string[], record: Stored<T>): Promise<T | undefined> {
  for (const name of names) {
    const value = record.unique?.[name];
    if (value === undefined) continue;
    const others = await stored.find({ [`unique.${name}`]: value }, { limit: 2 });
    const other = others.find((item) => item._id !== record._id);
    if (other !== undefined) return other.document;
  }
  return undefined;
}
