import { join, resolve } from 'node:path';
import { openFileBlobs } from '../blobs/open-file-blobs.ts';
import { createMemoryWorkQueue } from '../in-process/memory-work-queue.ts';
import type { StorageBackend } from '../shared/storage-backend.ts';
import { listCollections } from './list-collections.ts';
import { openEmbeddedDocuments } from './open-embedded-documents.ts';
import { keptEntries, openEmbeddedSharedState } from './open-embedded-shared-state.ts';

/**
 * The backend `embedded:<folder>`: SQLite, files, and shared state in memory. It needs no server and supports one
 * process.
 */
export const embeddedBackend: StorageBackend = {
  hasOwnShared: true,
  async open(address, { clock, logger }) {
    const dataFolder = resolve(address.slice('embedded:'.length));
    const documents = await openEmbeddedDocuments({ folder: dataFolder, clock, logger });
    const sharedState = await openEmbeddedSharedState({ documents, clock }).catch(async (error: unknown) => {
      await documents.close();
      throw error;
    });
    const workQueue = createMemoryWorkQueue({ clock, logger });
    return {
      documents,
      collections: listCollections(dataFolder),
      openBlobs: (dataKeys) => openFileBlobs({ folder: join(dataFolder, 'blobs'), dataKeys, clock, logger }),
      dataFolder,
      ownShared: {
        workQueue,
        sharedState,
        kept: () => keptEntries(documents),
        async close() {
          await workQueue.close();
          await sharedState.close();
        },
      },
      close: () => documents.close(),
    };
  },
};
