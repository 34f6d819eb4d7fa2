import type { StorageBackend } from '../shared/storage-backend.ts';
import { connectMongo } from './connect-mongo.ts';
import { openGridfsBlobs } from './open-gridfs-blobs.ts';
import { openMongoDocuments } from './open-mongo-documents.ts';

/**
 * The backend `mongodb://…` or `mongodb+srv://…`: documents and blobs in one database, which any number of processes
 * share.
 */
export const mongoBackend: StorageBackend = {
  async open(address, { clock, logger, password, ca }) {
    const connection = await connectMongo({
      address,
      ...(password === undefined ? {} : { password }),
      ...(ca === undefined ? {} : { ca }),
    });
    const documents = openMongoDocuments({ connection, clock, logger });
    return {
      documents,
      openBlobs: async (dataKeys) => openGridfsBlobs({ database: connection.database, dataKeys, clock, logger }),
      dataFolder: undefined,
      async serverTime() {
        const { localTime } = await connection.database.command({ hello: 1 });
        return (localTime as Date).getTime();
      },
      close: () => documents.close(),
    };
  },
};
