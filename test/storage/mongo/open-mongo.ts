import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import type { Clock } from '../../../engine/contract/values/clock.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { connectMongo } from '../../../storage/mongo/connect-mongo.ts';
import { openMongoDocuments } from '../../../storage/mongo/open-mongo-documents.ts';
import { mongoServers, type MongoServerChoice } from '../../servers/mongo-servers.ts';

/** Runs `tests` on every server that can be had, and skips by name those that cannot. */
export function onEachMongo(promise: string, tests: (server: MongoServerChoice) => void): void {
  for (const server of mongoServers) {
    const reason = server.prepare();
    if (reason === undefined) describe(`${promise} on ${server.name}`, () => tests(server));
    else it(`${promise} on ${server.name}`, { skip: reason });
  }
}

export async function openMongo(address: string, clock: Clock) {
  const connection = await connectMongo({ address });
  return { database: connection.database, documents: openMongoDocuments({ connection, clock, logger: silentLogger }) };
}

/** The address of a database of its own: a real server may hold other things. */
export function freshDatabase(address: string): string {
  const [base = '', options] = address.split('?');
  const path = `${base.replace(/\/$/, '')}/kq_test_${randomBytes(6).toString('hex')}`;
  return options === undefined ? path : `${path}?${options}`;
}
