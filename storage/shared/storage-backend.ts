/** What a store, and what a shared state, offers to `open-storage.ts`: one object per folder of `storage/`. See `docs/add-a-store.md`. */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Blobs } from '../../engine/contract/ports/blobs.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { KeptEntry, SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { WorkQueue } from '../../engine/contract/ports/work-queue.ts';
import type { DataKeys } from '../../engine/contract/values/seal.ts';

/**
 * Documents and blobs. Opening is refused with STORE_NOT_ENCRYPTED or STORE_INCOMPATIBLE (input) where the server is not
 * to be used as it stands, and ends in STORE_DOWN (transient) where it does not answer.
 */
export interface StorageBackend {
  /** `address` is the whole of it, scheme and all; it never holds a password. */
  open(address: string, options: BackendOptions): Promise<OpenedStore>;
  /** What the address alone tells, before any server is asked. */
  checkAddress?(address: string): void;
  /** It belongs to one process, and brings what others would share. */
  readonly hasOwnShared?: true;
}

/** Doorbell and shared state of all processes of an installation. Refusals as with a store. */
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
  /** Collections that were in it when it was opened; only for a store that versions filled which kept no list of them (`engine/transfer`). */
  readonly collections?: readonly CollectionSpec<StoredDocument>[];
  /** Called once; its blobs are closed before the store. */
  openBlobs(dataKeys: DataKeys): Promise<Blobs>;
  /** Where the data lie, when that is a folder: the key-encryption key must lie elsewhere. */
  readonly dataFolder: string | undefined;
  /** What comes with a store that belongs to one process; others need a shared state of their own. Closed before the store. */
  readonly ownShared?: OpenedShared;
  /** The server's own clock, epoch milliseconds; absent where there is none but this machine's. */
  serverTime?(): Promise<number>;
  close(): Promise<void>;
}

export interface OpenedShared {
  readonly workQueue: WorkQueue;
  readonly sharedState: SharedState;
  /** Claims and fencing numbers as they now are, where they can be listed: for a copy of the store. */
  kept?(): AsyncIterable<KeptEntry>;
  /**
   * Called once at the start, before any claim. `isNew`: nothing that is asked for by its birth was claimed before now (a new installation);
   * without effect on a state that knows better. From then on the state notes when it loses what it knew.
   */
  beginClaims?(isNew: boolean): Promise<void>;
  /** As with a store. */
  serverTime?(): Promise<number>;
  /** Ends both, in the right order. */
  close(): Promise<void>;
}
