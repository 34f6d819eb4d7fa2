/**
 * What the backend of a store, or of a shared state, provides to `open-storage.ts`. Each kind of store has one such
 * object, in a file `…-backend.ts`. See `docs/add-a-store.md`.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Blobs } from '../../engine/contract/ports/blobs.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { KeptEntry, SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { WorkQueue } from '../../engine/contract/ports/work-queue.ts';
import type { DataKeys } from '../../engine/contract/values/seal.ts';

/**
 * Documents and blobs. `open` rejects with STORE_NOT_ENCRYPTED or STORE_INCOMPATIBLE (input) if the server cannot be
 * used, and with STORE_DOWN (transient) if it does not respond.
 */
export interface StorageBackend {
  /** Opens the store. `address` is complete, including the scheme, and never contains a password. */
  open(address: string, options: BackendOptions): Promise<OpenedStore>;
  /** Checks the address before any server is contacted. */
  checkAddress?(address: string): void;
  /** True if the store belongs to one process and has its own shared state. */
  readonly hasOwnShared?: true;
}

/**
 * Work queue and shared state of all processes of an installation. `open` rejects with STORE_NOT_ENCRYPTED or
 * STORE_INCOMPATIBLE (input) if the server cannot be used, and with SHARED_STATE_DOWN (transient) if it does not
 * respond.
 */
export interface SharedBackend {
  open(address: string, options: BackendOptions): Promise<OpenedShared>;
  checkAddress?(address: string): void;
}

export interface BackendOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly password?: string;
  /** PEM text of the certificate authorities for the server's certificate. Default: those that Node trusts. */
  readonly ca?: string;
}

export interface OpenedStore {
  readonly documents: Documents;
  /**
   * Collections that were in the store when it was opened. Needed only for a store that was filled by versions
   * without a list of collections (`engine/transfer`).
   */
  readonly collections?: readonly CollectionSpec<StoredDocument>[];
  /** Opens the blobs; called once. They are closed before the store. */
  openBlobs(dataKeys: DataKeys): Promise<Blobs>;
  /** The folder of the data, if there is one. The key-encryption key must be in another folder. */
  readonly dataFolder: string | undefined;
  /**
   * The shared state of a store that belongs to one process; other stores need a separate one. It is closed before
   * the store.
   */
  readonly ownShared?: OpenedShared;
  /** Returns the server's clock in epoch milliseconds. Absent if the store uses the clock of this machine. */
  serverTime?(): Promise<number>;
  close(): Promise<void>;
}

export interface OpenedShared {
  readonly workQueue: WorkQueue;
  readonly sharedState: SharedState;
  /** Lists the current claims and fencing numbers, for a copy of the store. Absent if they cannot be listed. */
  kept?(): AsyncIterable<KeptEntry>;
  /**
   * Called once at the start, before any claim. `isNew` means a new installation: no claim with a creation time was
   * made before now. It is ignored if the state already has a record of its claims. After this call, the state notices
   * when it loses its data.
   */
  beginClaims?(isNew: boolean): Promise<void>;
  /** Returns the server's clock in epoch milliseconds. */
  serverTime?(): Promise<number>;
  /** Closes work queue and shared state, in the right order. */
  close(): Promise<void>;
}
