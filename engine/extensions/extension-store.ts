/**
 * The versions of extensions that were uploaded, their packages, and the keys of publishers. All in the document store,
 * so that every process has them, and a backup takes them along.
 */
import { Type } from 'typebox';
import type { Changes } from '../changes/create-changes.ts';
import { findAll } from '../contract/ports/find-all.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../contract/ports/documents.ts';
import type { Fault } from './package/extension-errors.ts';
import type { PublisherScheme } from './package/read-package.ts';

/**
 * - `waiting`: uploaded by one person; another one has to confirm it.
 * - `enabled`: serves its node types. Of the versions with the same first number, at most one is enabled.
 * - `disabled`: by a person, by another version that was enabled, or after faults.
 */
export type ExtensionState = 'waiting' | 'enabled' | 'disabled';

export interface ExtensionRecord extends StoredDocument {
  readonly revision: number;
  readonly extensionId: string;
  readonly version: string;
  /** `<extension>@<first number>`: versions of one line have the same node types. */
  readonly line: string;
  readonly publisher: string;
  readonly key: string;
  /** SM3 of the package, in hex. */
  readonly digest: string;
  readonly sizeBytes: number;
  readonly state: ExtensionState;
  readonly uploadedBy: string;
  readonly uploadedAt: number;
  readonly confirmedBy?: string;
  readonly confirmedAt?: number;
  /** When it was enabled last; absent if it never was. Flows rely on the version of a line that was enabled last. */
  readonly enabledAt?: number;
  /** Since when the state is what it is, and who changed it; `system` after faults. */
  readonly since: number;
  readonly by: string;
  /** Why it is disabled; absent unless it was disabled after faults. */
  readonly fault?: Fault | undefined;
}

export interface PublisherKey extends StoredDocument {
  readonly publisher: string;
  readonly scheme: PublisherScheme;
  readonly publicPem: string;
  readonly fingerprint: string;
  readonly by: string;
  readonly at: number;
}

/** The id is the digest, so that a second upload of a version cannot replace the package of the first. */
interface StoredPackage extends StoredDocument {
  /** Base64. */
  readonly bytes: string;
}

const open = { additionalProperties: true };
const recordSpec: CollectionSpec<ExtensionRecord> = {
  name: 'extensions',
  schema: Type.Object({ _id: Type.String(), revision: Type.Integer(), state: Type.String() }, open),
  indexes: [],
};
const packageSpec: CollectionSpec<StoredPackage> = {
  name: 'extension_packages',
  schema: Type.Object({ _id: Type.String(), bytes: Type.String() }, open),
  indexes: [],
};
const keySpec: CollectionSpec<PublisherKey> = {
  name: 'publisher_keys',
  schema: Type.Object({ _id: Type.String(), publisher: Type.String(), publicPem: Type.String() }, open),
  indexes: [],
};

const TOPIC = 'extensions';

export interface ExtensionStore {
  list(): Promise<readonly ExtensionRecord[]>;
  get(id: string): Promise<ExtensionRecord | undefined>;
  /** Stores an uploaded version. Returns false if there is one with this number. */
  add(record: ExtensionRecord, bytes: Buffer): Promise<boolean>;
  packageOf(record: Pick<ExtensionRecord, 'digest'>): Promise<Buffer | undefined>;
  /** Changes a record that still has this revision; returns undefined if it has another one. */
  change(id: string, revision: number, set: Partial<ExtensionRecord>, unset?: readonly string[]): Promise<ExtensionRecord | undefined>;
  remove(record: ExtensionRecord): Promise<void>;
  readonly keys: {
    list(): Promise<readonly PublisherKey[]>;
    find(publisher: string, fingerprint: string): Promise<PublisherKey | undefined>;
    /** Returns false if the key is registered already. */
    add(key: Omit<PublisherKey, '_id'>): Promise<boolean>;
    remove(id: string): Promise<boolean>;
  };
  /** Called after a change by this or another process. */
  onChange(listener: () => Promise<void>): () => void;
}

export async function openExtensionStore(documents: Documents, changes: Pick<Changes, 'announce' | 'follow'>): Promise<ExtensionStore> {
  const records = await documents.open(recordSpec);
  const packages = await documents.open(packageSpec);
  const keys = await documents.open(keySpec);
  const listeners = new Set<() => Promise<void>>();
  async function changed(): Promise<void> {
    for (const listener of listeners) await listener();
    await changes.announce(TOPIC, 'all');
  }
  return {
    list: () => findAll(records),
    get: (id) => records.get(id),
    async add(record, bytes) {
      // The package first: a record without its package could not be confirmed.
      await packages.insert({ _id: record.digest, bytes: bytes.toString('base64') }, { durability: 'full' });
      const { inserted } = await records.insert(record, { durability: 'full' });
      if (inserted) await changed();
      return inserted;
    },
    async packageOf({ digest }) {
      const stored = await packages.get(digest);
      return stored && Buffer.from(stored.bytes, 'base64');
    },
    async change(id, revision, set, unset) {
      const patch = { set: { ...set, revision: revision + 1 }, ...(unset === undefined ? {} : { unset }) };
      const result = await records.patchIf(id, { revision }, patch, { durability: 'full' });
      if (result.outcome !== 'patched') return undefined;
      await changed();
      return result.document;
    },
    async remove({ _id, digest }) {
      await records.remove(_id);
      await packages.remove(digest);
      await changed();
    },
    keys: {
      list: () => findAll(keys),
      find: (publisher, fingerprint) => keys.get(keyId(publisher, fingerprint)),
      async add(key) {
        const { inserted } = await keys.insert({ ...key, _id: keyId(key.publisher, key.fingerprint) }, { durability: 'full' });
        if (inserted) await changed();
        return inserted;
      },
      async remove(id) {
        const removed = await keys.remove(id);
        await changed();
        return removed;
      },
    },
    onChange(listener) {
      const unfollow = changes.follow(TOPIC, listener);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        unfollow();
      };
    },
  };
}

function keyId(publisher: string, fingerprint: string): string {
  return `${publisher}:${fingerprint}`;
}
