import { MongoClient, MongoServerError, MongoServerSelectionError, type Db, type MongoClientOptions } from 'mongodb';
import { AppError } from '../../engine/contract/values/errors.ts';
import { refusedByTls } from '../shared/refused-by-tls.ts';
import { incompatible, refusePlainConnection } from '../shared/server-address.ts';
import { translateMongoError } from './translate-mongo-error.ts';

export interface MongoConnection {
  readonly client: MongoClient;
  readonly database: Db;
}

export interface ConnectOptions {
  readonly address: string;
  readonly password?: string;
  readonly ca?: string;
}

const FORM = 'mongodb://user@host1,host2/database?replicaSet=name&tls=true';
const DEFAULT_DATABASE = 'kangqiao';
const OLDEST_VERSION = 5;
const UNCHECKED_CERTIFICATE = /[?&]tls(Insecure|AllowInvalidCertificates|AllowInvalidHostnames)=true/i;
const AUTHENTICATION_FAILED = 18;
const UNAUTHORIZED = 13;

/**
 * Options that the address cannot override. The driver must not retry a write: the caller (`storage/revisioned`) first
 * reads the revision of the row to find out whether the write was done.
 */
const FIXED: MongoClientOptions = {
  appName: 'kangqiao',
  retryWrites: false,
  retryReads: true,
  readPreference: 'primary',
  readConcern: { level: 'local' },
  maxPoolSize: 64,
  waitQueueTimeoutMS: 10_000,
  serverSelectionTimeoutMS: 5000,
  connectTimeoutMS: 3000,
  // Heartbeats detect a dead connection within seconds. So this limit is only for slow responses. It is high, because a
  // timeout closes the connection.
  socketTimeoutMS: 60_000,
  heartbeatFrequencyMS: 2000,
  ignoreUndefined: true,
};

/**
 * Connects to MongoDB. Rejects with STORE_ADDRESS, STORE_NOT_ENCRYPTED or STORE_INCOMPATIBLE (input), or with
 * STORE_DOWN (transient).
 */
export async function connectMongo(options: ConnectOptions): Promise<MongoConnection> {
  const client = createClient(options);
  try {
    refuseUnsafe(client, options.address);
    const database = client.db(databaseName(client, options.address));
    await refuseIncompatible(database);
    return { client, database };
  } catch (error) {
    await client.close();
    throw refusedByServer(error) ?? refusedByTls('MongoDB', rootOf(error)) ?? translateMongoError(error);
  }
}

function createClient({ address, password, ca }: ConnectOptions): MongoClient {
  const withPassword =
    password === undefined
      ? address
      : address.replace(/^(mongodb(?:\+srv)?:\/\/[^/?@:]+)@/, (_all, user: string) => `${user}:${encodeURIComponent(password)}@`);
  try {
    return new MongoClient(withPassword, { ...FIXED, ...(ca === undefined ? {} : { ca }) });
  } catch (cause) {
    // The driver's message may contain the address, so it is not passed on.
    throw new AppError('STORE_ADDRESS', 'input', 'The address of the MongoDB server cannot be read.', {
      values: { problem: 'form', scheme: 'mongodb', form: FORM },
      fix: `Write it as ${FORM}`,
      cause,
    });
  }
}

function refuseUnsafe(client: MongoClient, address: string): void {
  const { tls, hosts, srvHost } = client.options;
  const names = hosts.flatMap(({ host }) => (host === undefined ? [] : [host]));
  const isChecked = !UNCHECKED_CERTIFICATE.test(address);
  if (tls !== true) refusePlainConnection([...names, ...(srvHost === undefined ? [] : [srvHost])], 'Add tls=true to the address.');
  else if (!isChecked) refusePlainConnection(names, 'Remove the options that disable the certificate check from the address.');
}

/** Returns the name of the database. The driver itself would use "test" if the address has none. */
function databaseName(client: MongoClient, address: string): string {
  return /^[^/]+\/\/[^/]+\/[^?]/.test(address) ? client.options.dbName : DEFAULT_DATABASE;
}

async function refuseIncompatible(database: Db): Promise<void> {
  const { version, versionArray, ferretdbVersion } = (await database.command({ buildInfo: 1 })) as {
    readonly version: string;
    readonly versionArray: readonly number[];
    readonly ferretdbVersion?: string;
  };
  if (ferretdbVersion?.startsWith('v1.') && !ferretdbVersion.endsWith('-atomic'))
    throw incompatible('FerretDB', `version ${ferretdbVersion}, which loses concurrent updates`, 'atomic updates', 'Use MongoDB.');
  if ((versionArray[0] ?? 0) < OLDEST_VERSION)
    throw incompatible('MongoDB', `version ${version}`, `version ${OLDEST_VERSION}.0 or later`, 'Update the server.');
}

/**
 * Returns the original cause of an error. If the driver could select no server, the cause is in the description of a
 * server.
 */
function rootOf(error: unknown): unknown {
  const ofServers = error instanceof MongoServerSelectionError ? [...(error.reason?.servers.values() ?? [])] : [];
  let root: unknown = ofServers.find((server) => server.error)?.error ?? error;
  while (root instanceof Error && root.cause !== undefined) root = root.cause;
  return root;
}

function refusedByServer(error: unknown): AppError | undefined {
  if (!(error instanceof MongoServerError) || (error.code !== AUTHENTICATION_FAILED && error.code !== UNAUTHORIZED)) return undefined;
  return incompatible(
    'MongoDB',
    'no such user, a wrong password or missing permissions',
    'a user that may read and write the database and create its indexes',
    'Correct the user in the address, or the password in the file that KQ_STORE_PASSWORD_FILE names.',
  );
}
