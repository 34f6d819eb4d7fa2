/**
 * Shared state of many processes on one Redis (6.2 or newer, noeviction). There are at most 4,000,000 claims (used
 * nonces, for example) of about 130 bytes each, and at most half of them may belong to one app. The maxmemory of Redis limits everything else. Beyond these
 * limits, operations reject with SHARED_STATE_FULL (transient). Decision 0017 describes what happens when Redis loses
 * its data (FLUSHALL, or a restart without persistence): nonces from before the loss are unknown. So claims of nonces
 * are refused until all nonces from before the loss have expired.
 */
import { hash } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { toErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import { createRedisClient, type RedisPlace } from './connect-redis.ts';
import { createRedisHints } from './redis-hints.ts';
import { ACQUIRE_LEASE, CLAIM, DELETE_BY_TAG, DELETE_VALUE, INCREMENT, NOTE_SINCE, RELEASE_LEASE, SET_VALUE } from './scripts.ts';
import { claimsForgotten, redisFull, translateRedisError } from './translate-redis-error.ts';

export interface RedisSharedStateOptions {
  readonly place: RedisPlace;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Set by tests: the maximum number of claims of all shares together. */
  readonly maxClaims?: number;
}

const MAX_CLAIMS = 4_000_000;
/** Maximum number of values that one script deletes. A long script would block every client. */
const DELETED_AT_ONCE = 500;

const CLAIMS = 'kq:{claims}:';
/**
 * The key with the time when a loss of data was noticed, in epoch milliseconds; 0 if Redis never lost its data. The key
 * is missing after a loss. Every process sets it again within `NOTE_EVERY_MS`, and so does the next claim that has a
 * creation time.
 */
export const CLAIMS_SINCE = `${CLAIMS}since`;
/**
 * Time between two checks for a loss of data. Calls are refused for some time after a loss is noticed. Without this
 * check, a loss could be noticed only hours later, and calls would be refused then.
 */
const NOTE_EVERY_MS = 5000;
/** Maximum time by which the clocks of callers may be ahead of the clock of Redis. */
const CLOCKS_AHEAD_MS = 60_000;
const VALUES = 'kq:{values}:v:';
const TAGS = 'kq:{values}:t:';

type Script = (...keysAndArguments: readonly (string | number)[]) => Promise<unknown>;
type ScriptName = `kq${string}`;
/** `defineCommand` adds methods with these names. */
type RedisWithScripts = Redis & { readonly [Name in ScriptName]: Script };

export interface RedisSharedState extends SharedState {
  /**
   * Starts the regular check for a loss of data. A loss is then recorded within `NOTE_EVERY_MS`. Called once at the
   * start of the process, by `beginClaims`.
   */
  noteLosses(): Promise<void>;
}

export async function openRedisSharedState(options: RedisSharedStateOptions): Promise<RedisSharedState> {
  const { place, clock, logger, maxClaims = MAX_CLAIMS } = options;
  const counters = { operations: 0 };
  const client = createRedisClient(place, counters, true);
  const hints = createRedisHints({ client, subscriber: createRedisClient(place, counters, false), db: place.db, clock, logger });
  const run = defineScripts(client);
  await Promise.all([client.connect(), hints.start()]).catch((error: unknown) => {
    client.disconnect();
    hints.close();
    throw translateRedisError(error);
  });
  let isClosed = false;
  let stopNoting = () => {};
  const noteSince = async () => {
    // While Redis is unreachable nothing can be recorded; the next check tries again.
    await run.noteSince(CLAIMS_SINCE).catch((error: unknown) => logger.debug('redis.since-unnoted', { code: toErrorRecord(error).code }));
    if (!isClosed) stopNoting = clock.after(NOTE_EVERY_MS, () => void noteSince());
  };

  return {
    noteLosses: noteSince,
    async claimOnce(key, ttlMs, share = '', bornAt) {
      // Keys may be long and may identify a person, so Redis gets only 128 bits of a hash.
      const claim = CLAIMS + hash('sha256', key, 'base64url').slice(0, 22);
      const ttl = Math.max(1, Math.ceil(ttlMs));
      const keys = [claim, `${CLAIMS}sizes`, `${CLAIMS}windows`, CLAIMS_SINCE];
      const answer = await run.claim(...keys, ttl, share, maxClaims, `${CLAIMS}window:`, bornAt === undefined ? 0 : 1);
      const [taken, since] = answer as readonly [number, number];
      if (taken === -1) throw redisFull();
      if (bornAt !== undefined && since > 0 && bornAt < since + CLOCKS_AHEAD_MS) throw claimsForgotten();
      return taken === 1;
    },
    increment: async (key, by, ttlMs) => Number(await run.increment(`kq:count:${key}`, by, Math.max(1, Math.ceil(ttlMs)))),
    get: (key) =>
      client.hget(VALUES + key, 'v').then(
        (value) => value ?? undefined,
        (error: unknown) => Promise.reject(translateRedisError(error)),
      ),
    async set(key, value, { ttlMs, tags = [] }) {
      await run.setValue(VALUES + key, key, value, Math.max(1, Math.ceil(ttlMs)), TAGS, JSON.stringify(tags));
    },
    async delete(key) {
      await run.deleteValue(VALUES + key, key, TAGS);
    },
    async deleteByTag(tag) {
      while ((await run.deleteByTag(TAGS + tag, VALUES, TAGS, DELETED_AT_ONCE)) === DELETED_AT_ONCE);
    },
    async acquireLease(name, holder, ttlMs) {
      const fencing = await run.acquireLease(`kq:lease:${name}`, holder, Math.ceil(ttlMs));
      return typeof fencing === 'number' ? { fencing } : undefined;
    },
    async releaseLease(name, holder) {
      await run.releaseLease(`kq:lease:${name}`, holder);
    },
    publish: hints.publish,
    subscribe: hints.subscribe,
    async close() {
      isClosed = true;
      stopNoting();
      hints.close();
      client.disconnect();
    },
  };
}

function defineScripts(client: Redis) {
  const define = (name: ScriptName, numberOfKeys: number, lua: string): Script => {
    client.defineCommand(name, { numberOfKeys, lua });
    const send = (client as RedisWithScripts)[name]!.bind(client);
    return (...words) => send(...words).catch((error: unknown) => Promise.reject(translateRedisError(error)));
  };
  return {
    claim: define('kqClaim', 4, CLAIM),
    noteSince: define('kqNoteSince', 1, NOTE_SINCE),
    increment: define('kqIncrement', 1, INCREMENT),
    setValue: define('kqSetValue', 1, SET_VALUE),
    deleteValue: define('kqDeleteValue', 1, DELETE_VALUE),
    deleteByTag: define('kqDeleteByTag', 1, DELETE_BY_TAG),
    acquireLease: define('kqAcquireLease', 1, ACQUIRE_LEASE),
    releaseLease: define('kqReleaseLease', 1, RELEASE_LEASE),
  };
}
