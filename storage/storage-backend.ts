/** What a store offers to `open-storage.ts`: one object per folder of `storage/`. See `docs/add-a-store.md`. */
import type { Clock } from '../engine/contract/clock.ts';
import type { Logger } from '../engine/contract/observe.ts';
import type { Blobs } from '../engine/contract/ports/blobs.ts';
import type { Documents } from '../engine/contract/ports/documents.ts';
import type { SharedState } from '../engine/contract/ports/shared-state.ts';
import type { WorkQueue } from '../engine/contract/ports/work-queue.ts';
import type { DataKeys } from '../engine/contract/seal.ts';

export interface StorageBackend {
  /** `location` is what follows the scheme and its colon in the address. */
  open(location: string, options: BackendOptions): Promise<OpenedBackend>;
}

export interface BackendOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface OpenedBackend {
  readonly documents: Documents;
  readonly workQueue: WorkQueue;
  readonly sharedState: SharedState;
  /** Called once; its blobs are closed by `close`. */
  openBlobs(dataKeys: DataKeys): Promise<Blobs>;
  /** Where the data lie, when that is a folder: the key-encryption key must lie elsewhere. */
  readonly dataFolder: string | undefined;
  /** Ends all of them, in the right order. */
  close(): Promise<void>;
}
