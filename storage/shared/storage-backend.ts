/**
 * What a store, or a shared state, provides to `open-storage.ts`: one object per folder of `storage/`. See
 * `docs/add-a-store.md`.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Blobs } from '../../engine/contract/ports/blobs.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { KeptEntry, SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { WorkQueue } from '../../engine/contract/ports/work-queue.ts';
import type { DataKeys } from '../../engine/contract/values/seal.ts';

/**
 * Documents and blobs. Opening fails with STORE_NOT_ENCRYPTED or STORE_INCOMPATIBLE (input) when the server cannot be
 * used as it is, and with STORE_DOWN (transient) when it does not respond.
 */
export interface StorageBackend {
  /** `address` is complete, including the scheme; it never contains a password. */
  open(address: string, options: BackendOptions): Promise<OpenedStore>;
  /** Checks the address alone, before any server is contacted. */
  checkAddress?(address: string): void;
  /** The store belongs to one process, and brings its own shared state. */
  readonly hasOwnShared?: true;
}

/** Doorbell and shared state of all processes of an installation. Errors as with a store. */
export interface SharedBackend {
  open(address: string, options: BackendOptions): Promise<OpenedShared>;
  checkAddress?(address: string): void;
}

export interface BackendOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly password?: string;
  /** PEM of the authorities that the server's certificate must chain to. Default: those that Node trusts. */
  readonly ca?: string;
}

export interface OpenedStore {
  readonly documents: Documents;
  /**
   * Collections in the store when it was opened; only for a store filled by versions that kept no list of them
   * (`engine/transfer`).
   */
  readonly collections?: readonly CollectionSpec<StoredDocument>[];
  /** Called once; its blobs are closed before the store. */
  openBlobs(dataKeys: DataKeys): Promise<Blobs>;
  /** The folder of the data, if there is one: the key-encryption key must be elsewhere. */
  readonly dataFolder: string | undefined;
  /** The shared state of a store that belongs to one process; others need a separate one. Closed before the store. */
  readonly ownShared?: OpenedShared;
  /** The server's own clock, epoch milliseconds; absent when there is only this machine's. */
  serverTime?(): Promise<number>;
  close(): Promise<void>;
}

export interface OpenedShared {
  readonly workQueue: WorkQueue;
  readonly sharedState: SharedState;
  /** The present claims and fencing numbers, if they can be listed: for a copy of the store. */
  kept?(): AsyncIterable<KeptEntry>;
  /**
   * Called once at the start, before any claim. `isNew`: a new installation, in which no claim whose age counts was
   * made before now; without effect on a state that knows better. From then on the state records when it loses its
   * data.
   */
  beginClaims?(isNew: boolean): Promise<void>;
  /** As with a store. */
  serverTime?(): Promise<number>;
  /** Closes both, in the right order. */
  close(): Promise<void>;
}
