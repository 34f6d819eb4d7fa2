/**
 * Every server that speaks the MongoDB protocol and can be had here: two stand-ins, and the real one that `MONGODB_URL` names.
 * Whatever a test promises of MongoDB it promises on each of them.
 */
import { prepareFerretdb, startFerretdb } from './ferretdb.ts';
import { prepareMongoJava, startMongoJava } from './mongo-java.ts';

export interface MongoServerChoice {
  readonly name: string;
  /** Why it cannot be had here, or undefined when it is there. */
  readonly prepare: () => string | undefined;
  readonly start: () => Promise<{ readonly address: string; stop(): Promise<void> }>;
}

const realAddress = process.env.MONGODB_URL;

export const mongoServers: readonly MongoServerChoice[] = [
  { name: 'mongo-java-server', prepare: prepareMongoJava, start: startMongoJava },
  { name: 'FerretDB', prepare: prepareFerretdb, start: startFerretdb },
  {
    name: 'MongoDB',
    prepare: () => (realAddress === undefined ? 'allowed: MONGODB_URL names no real MongoDB' : undefined),
    start: async () => ({ address: realAddress as string, stop: async () => {} }),
  },
];
