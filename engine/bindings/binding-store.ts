import { CodeTable, type AdapterDocument } from '../contract/node/adapter.ts';
import type { AdapterType } from '../contract/node/adapter-type.ts';
import type { Clock } from '../contract/values/clock.ts';
import { AppError, type Issue } from '../contract/values/errors.ts';
import type { Collection, Documents } from '../contract/ports/documents.ts';
import { findAll } from '../contract/ports/find-all.ts';
import type { Seal } from '../contract/values/seal.ts';
import { schemaIssues } from '../flow/schema-issues.ts';
import { type BindingStore } from './interface.ts';
import { StaleDraft } from '../contract/values/stale-draft.ts';
import { adapterIssues } from './adapter-issues.ts';
import { adaptersSpec, secretPlace, secretsSpec, tablesSpec, type BodyDocument, type SecretDocument } from './binding-documents.ts';

/** The complete contents of all stored bindings. */
export interface BindingContents {
  readonly adapters: readonly AdapterDocument[];
  readonly tables: readonly CodeTable[];
  readonly secrets: ReadonlyMap<string, SecretDocument>;
}

export interface OpenedStore {
  readonly store: Omit<BindingStore, 'preview'>;
  readAll(): Promise<BindingContents>;
}

const MAX_SECRET_CHARS = 20_000;
const SECRET_NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;

export interface BindingStoreDeps {
  readonly documents: Documents;
  readonly seal: Seal;
  readonly clock: Clock;
  /**
   * All known adapter types. An adapter of another protocol, or with settings that do not fit its type, is not stored.
   */
  readonly adapterTypes: readonly AdapterType[];
}

/** Opens the stores behind the bindings. `afterChange` runs after each write, before the write resolves. */
export async function openBindingStore(
  { documents, seal, clock, adapterTypes }: BindingStoreDeps,
  afterChange: () => Promise<void>,
): Promise<OpenedStore> {
  const issuesOf = (document: AdapterDocument) => adapterIssues(document, adapterTypes);
  const adapters = createBodies<AdapterDocument>(await documents.open(adaptersSpec), issuesOf, 'adapterId', afterChange);
  const tables = createBodies<CodeTable>(
    await documents.open(tablesSpec),
    (document) => schemaIssues(CodeTable, document, 'BINDING_INVALID'),
    'tableId',
    afterChange,
  );
  const secrets = await documents.open(secretsSpec);

  const store: OpenedStore['store'] = {
    listAdapters: adapters.list,
    getAdapter: adapters.get,
    adapterIssues: issuesOf,
    async saveAdapter(document, expectedRevision) {
      const secret = document.credential === undefined ? undefined : await secrets.get(document.credential);
      // A secret that is not stored yet is checked when it is used.
      if (secret !== undefined) assertBound(secret, document.adapterId);
      return adapters.save(document, expectedRevision);
    },
    async removeAdapter(adapterId) {
      const isRemoved = await adapters.remove(adapterId);
      // A later adapter with this id is a different one, perhaps of another domain. It must not get the secrets of the
      // removed adapter.
      for (const secret of await findAll(secrets)) {
        if (!secret.adapters.includes(adapterId)) continue;
        const unbound = { ...secret, adapters: secret.adapters.filter((bound) => bound !== adapterId) };
        await secrets.replaceIf(unbound, { updatedAt: secret.updatedAt }, { durability: 'full' });
      }
      await afterChange();
      return isRemoved;
    },
    listTables: tables.list,
    getTable: tables.get,
    saveTable: tables.save,
    removeTable: tables.remove,
    listSecrets: async () =>
      (await findAll(secrets)).map(({ _id, adapters: boundTo, updatedAt }) => ({ name: _id, adapters: boundTo, updatedAt })),
    async saveSecret(name, value, boundTo) {
      checkSecret(name, value);
      const document: SecretDocument = {
        _id: name,
        sealed: seal.seal(secretPlace(name), value),
        adapters: boundTo,
        updatedAt: clock.now(),
      };
      const { inserted } = await secrets.insert(document, { durability: 'full' });
      if (!inserted) await secrets.replaceIf(document, {}, { durability: 'full' });
      await afterChange();
    },
    async removeSecret(name) {
      const isRemoved = await secrets.remove(name);
      if (isRemoved) await afterChange();
      return isRemoved;
    },
    async revealSecret(name) {
      const document = await secrets.get(name);
      if (document === undefined)
        throw new AppError('SECRET_MISSING', 'input', `There is no secret "${name}".`, {
          values: { name },
          fix: 'Store it under this name.',
        });
      return seal.openText(secretPlace(name), document.sealed);
    },
  };
  return {
    store,
    readAll: async () => ({
      adapters: await adapters.list(),
      tables: await tables.list(),
      secrets: new Map((await findAll(secrets)).map((document) => [document._id, document])),
    }),
  };
}

/** Stores adapters and tables in the same way: a JSON body under an id, with a revision that every save must name. */
function createBodies<T extends { readonly revision: number }>(
  collection: Collection<BodyDocument>,
  issuesOf: (document: T) => Issue[],
  idField: keyof T & string,
  afterChange: () => Promise<void>,
) {
  const read = (document: BodyDocument): T => ({ ...(JSON.parse(document.body) as T), revision: document.revision });
  const get = async (id: string): Promise<T | undefined> => {
    const document = await collection.get(id);
    return document && read(document);
  };
  return {
    list: async (): Promise<readonly T[]> => (await findAll(collection)).map(read),
    get,
    async save(document: T, expectedRevision: number): Promise<T> {
      const issues = issuesOf(document);
      if (issues.length > 0)
        throw new AppError('BINDING_INVALID', 'input', `This is not a valid ${collection.name.slice(0, -1)}.`, {
          values: { what: collection.name.slice(0, -1) },
          issues,
          fix: 'Correct the fields that are listed.',
        });
      const saved = { ...document, revision: expectedRevision + 1 };
      const id = String(document[idField]);
      const stored: BodyDocument = { _id: id, revision: saved.revision, body: JSON.stringify(saved) };
      const isSaved =
        expectedRevision === 0
          ? (await collection.insert(stored, { durability: 'full' })).inserted
          : (await collection.replaceIf(stored, { revision: expectedRevision }, { durability: 'full' })).outcome === 'patched';
      if (!isSaved) throw stale(id, document, await get(id));
      await afterChange();
      return saved;
    },
    async remove(id: string): Promise<boolean> {
      const isRemoved = await collection.remove(id);
      if (isRemoved) await afterChange();
      return isRemoved;
    },
  };
}

/**
 * Throws SECRET_NOT_BOUND (input) if the secret is not meant for the adapter. A person who may change an adapter must
 * not thereby be able to send any secret anywhere.
 */
export function assertBound({ _id: name, adapters }: SecretDocument, adapterId: string): void {
  if (adapters.includes(adapterId)) return;
  throw new AppError('SECRET_NOT_BOUND', 'input', `The adapter ${adapterId} may not use the secret "${name}".`, {
    values: { name, adapterId },
    fix: 'Ask the owner of the secret to save it again with this adapter in its `adapters`, or choose another secret.',
  });
}

function stale(id: string, yours: unknown, theirs: unknown): AppError {
  return new AppError('STALE_REVISION', 'input', `Someone else changed ${id} in the meantime.`, {
    values: { id },
    fix: 'Look at the newer version, apply your change to it and save again.',
    cause: new StaleDraft(yours, theirs),
  });
}

function checkSecret(name: string, value: string): void {
  if (!SECRET_NAME.test(name)) {
    throw new AppError('SECRET_INVALID', 'input', 'The name of a secret has 1 to 100 letters, digits and . _ : -', {
      values: { problem: 'name' },
      fix: 'Choose another name.',
    });
  }
  if (value === '' || value.length > MAX_SECRET_CHARS) {
    throw new AppError('SECRET_INVALID', 'input', `A secret has 1 to ${MAX_SECRET_CHARS} characters.`, {
      values: { name, limit: MAX_SECRET_CHARS },
      fix: 'Store a shorter one.',
    });
  }
}
