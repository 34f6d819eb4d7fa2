import type { StorageBackend } from '../shared/storage-backend.ts';
import { createMemoryBlobs } from './memory-blobs.ts';
import { createMemoryDocuments } from './memory-documents.ts';
import { createMemorySharedState } from '../in-process/memory-shared-state.ts';
import { createMemoryWorkQueue } from '../in-process/memory-work-queue.ts';

/** The backend `memory:`, for tests. All data is lost when the process ends. */
export const memoryBackend: StorageBackend = {
  hasOwnShared: true,
  async open(_address, { clock, logger }) {
    const documents = createMemoryDocuments({ clock });
    const workQueue = createMemoryWorkQueue({ clock, logger });
    const sharedState = createMemorySharedState({ clock });
    return {
      documents,
      openBlobs: async () => createMemoryBlobs({ clock }),
      dataFolder: undefined,
      ownShared: {
        workQueue,
        sharedState,
        async close() {
          await workQueue.close();
          await sharedState.close();
        },
      },
      close: () => documents.close(),
    };
  },
};
