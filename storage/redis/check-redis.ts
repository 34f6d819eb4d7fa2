import type { Redis } from 'ioredis';
import { AppError } from '../../engine/contract/values/errors.ts';
import { refusedByTls } from '../shared/refused-by-tls.ts';
import { incompatible } from '../shared/server-address.ts';
import { createProbe, type RedisPlace } from './connect-redis.ts';
import { sharedStateDown } from './translate-redis-error.ts';

const OLDEST = [6, 2] as const;

/**
 * Checks a Redis server. Rejects with STORE_INCOMPATIBLE (input) if it would lose or refuse data, and with
 * SHARED_STATE_DOWN (transient) if it does not respond.
 */
export async function checkRedis(place: RedisPlace): Promise<void> {
  const probe = createProbe(place);
  let lastError: unknown;
  probe.on('error', (error) => (lastError = error));
  try {
    await probe.connect();
    await login(probe, place);
    judge(parseInfo(await probe.info()));
    await probe.eval('return 1', 0);
  } catch (error) {
    throw error instanceof AppError ? error : translate(lastError ?? error, place);
  } finally {
    probe.disconnect();
  }
}

async function login(probe: Redis, { username, password }: RedisPlace): Promise<void> {
  if (password === undefined) return;
  if (username === undefined) await probe.auth(password);
  else await probe.auth(username, password);
}

function judge(info: ReadonlyMap<string, string>): void {
  const version = info.get('redis_version') ?? '0';
  if (isOlder(version)) throw unfit(`version ${version}`, `version ${OLDEST.join('.')} or newer`, 'Upgrade Redis.');
  if (info.get('redis_mode') === 'cluster')
    throw unfit(
      'cluster mode',
      'a single master',
      'Point KQ_SHARED_ADDRESS to a Redis without cluster-enabled; one server is enough for many processes.',
    );
  if (info.get('role') !== 'master')
    throw unfit(
      'the role of a replica',
      'the role of the master',
      'Point KQ_SHARED_ADDRESS to the master, or promote this one: REPLICAOF NO ONE',
    );
  const policy = info.get('maxmemory_policy');
  if (policy !== 'noeviction')
    throw unfit(
      `maxmemory-policy ${policy}`,
      'maxmemory-policy noeviction',
      'Run CONFIG SET maxmemory-policy noeviction, and set the same in redis.conf: an evicted nonce could be used twice.',
    );
}

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  return new Map(text.split('\r\n').map((line) => line.split(/:(.*)/s, 2) as [string, string]));
}

function translate(error: unknown, { tls }: RedisPlace): AppError {
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith('WRONGPASS'))
    return unfit(
      'another password or user',
      'the configured password and user',
      'Correct the file of KQ_SHARED_PASSWORD_FILE, or the user in KQ_SHARED_ADDRESS.',
    );
  if (message.startsWith('NOAUTH'))
    return unfit('a password set', 'that password', 'Point KQ_SHARED_PASSWORD_FILE to a file that contains it.');
  if (message.includes('without any password configured'))
    return unfit('no password set', 'the configured password', 'Set requirepass in redis.conf, or remove KQ_SHARED_PASSWORD_FILE.');
  if (message.startsWith('NOPERM'))
    return unfit(
      `insufficient permissions (${message.replace(/^NOPERM /, '')})`,
      'all commands on keys and channels kq:*',
      'ACL SETUSER … ~kq:* &kq:* +@all -@dangerous +info',
    );
  // If only one side uses TLS, the error often does not show this: the other side may just wait for more data. So the
  // hint names TLS as a possible cause.
  return (
    refusedByTls('Redis', error) ??
    sharedStateDown(
      error,
      tls ? 'rediss:// needs a port with TLS (tls-port).' : 'redis:// needs a port without TLS; for a port with TLS use rediss://.',
    )
  );
}

function unfit(found: string, wanted: string, fix: string): AppError {
  return incompatible('Redis', found, wanted, fix);
}
