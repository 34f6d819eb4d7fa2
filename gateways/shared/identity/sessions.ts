/**
 * Sessions of callers: a shared key for half an hour, so that a request needs no public-key signature. They lie in
 * shared state, sealed, under a token of their id. Every gateway inside can open them; a lost one is made again.
 */
import { Type, type Static } from 'typebox';
import Value from 'typebox/value';
import type { Crypto, KeyHandle } from '../../../engine/contract/ports/crypto.ts';
import type { SharedState } from '../../../engine/contract/ports/shared-state.ts';
import type { Clock } from '../../../engine/contract/values/clock.ts';
import type { Seal } from '../../../engine/contract/values/seal.ts';

export const SESSION_MS = 30 * 60_000;
/** A session that was ended works for at most this long on gateways that know it. */
const KNOWN_MS = 3_000;
const MOST_KNOWN = 50_000;
/** How many sessions an app, or a user, may open within half an hour. */
const MOST_OF_ONE = { open: 5_000, user: 50 } as const;
const KEY_BYTES = 32;
const RANDOM_CHARACTERS = 22;
const CHECK_CHARACTERS = 11;
const SESSION_ID = /^s_[A-Za-z0-9_-]{33}$/;

const Session = Type.Object({
  front: Type.Union([Type.Literal('open'), Type.Literal('user')]),
  appId: Type.String(),
  key: Type.String(),
  endsAt: Type.Integer(),
  /** The key that signed the request for the session, and the address that it came from; on the open front. */
  signedBy: Type.Optional(Type.Object({ keyId: Type.String(), fingerprint: Type.String() })),
  ip: Type.Optional(Type.String()),
  /** Claims of the user's token, and the key that verified it, on the user front. */
  user: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
  tokenKey: Type.Optional(Type.Object({ kid: Type.String(), fingerprint: Type.String() })),
});
export type Session = Static<typeof Session>;

export interface OpenSession {
  readonly session: Session;
  readonly handle: KeyHandle;
}

export interface NewSession {
  readonly sessionId: string;
  /** Base64url. */
  readonly key: string;
  readonly endsAt: number;
}

export interface Sessions {
  /**
   * Opens a session. Returns undefined if its app, or its user, has opened too many. Rejects with SHARED_STATE_DOWN
   * (transient).
   */
  create(session: Omit<Session, 'key' | 'endsAt'>, endsAt?: number): Promise<NewSession | undefined>;
  /** Returns undefined if there is no such session, or no longer. Rejects with SHARED_STATE_DOWN (transient). */
  find(sessionId: string): Promise<OpenSession | undefined> | OpenSession | undefined;
  /** Ends all sessions of a user within three seconds. Tokens issued before now open no new ones for a day. */
  endAllOf(user: Session['user']): Promise<void>;
  /** Returns the time of the user's last `endAllOf`, in epoch milliseconds; 0 if there was none within a day. */
  endedAt(user: Session['user']): Promise<number>;
}

export interface SessionDeps {
  readonly shared: SharedState;
  readonly sharedSeal: Pick<Seal, 'seal' | 'openText' | 'token'>;
  readonly crypto: Crypto;
  readonly clock: Clock;
}

/** Returns whether a key id has the form of a session id. */
export function isSessionId(keyId: string): boolean {
  return SESSION_ID.test(keyId);
}

interface Known extends OpenSession {
  readonly sealed: string;
  freshUntil: number;
}

const REMEMBERED_MS = 86_400_000;

export function createSessions({ shared, sharedSeal, crypto, clock }: SessionDeps): Sessions {
  const known = new Map<string, Known>();
  const checkOf = (random: string) => sharedSeal.token('session-check', random).slice(0, CHECK_CHARACTERS);
  const placeOf = (id: string) => ({ collection: 'sessions', id: sharedSeal.token('session', id), field: 'session' });
  const nameOf = (id: string) => `session:${sharedSeal.token('session', id)}`;
  const ownerOf = ({ front, appId, user }: { front: Session['front']; appId: string; user?: Session['user'] | undefined }) =>
    sharedSeal.token('session-owner', JSON.stringify(front === 'user' ? [user?.['iss'], user?.['sub']] : appId));

  function open(sessionId: string, sealed: string): Known | undefined {
    const session: unknown = JSON.parse(sharedSeal.openText(placeOf(sessionId), sealed));
    if (!Value.Check(Session, session)) return undefined;
    const bytes = Buffer.from(session.key, 'base64url');
    const handle = crypto.importKey({ format: 'raw', bytes }, 'HMAC-SM3', 'secret');
    return { session, handle, sealed, freshUntil: 0 };
  }

  /** Looks into shared state. A session that has not changed is not opened again, because that costs ten times more. */
  async function look(sessionId: string, before: Known | undefined): Promise<Known | undefined> {
    const sealed = await shared.get(nameOf(sessionId));
    known.delete(sessionId);
    if (sealed === undefined) return undefined;
    const found = before?.sealed === sealed ? before : open(sessionId, sealed);
    if (found === undefined) return undefined;
    found.freshUntil = clock.now() + KNOWN_MS;
    const oldest = known.keys().next().value;
    if (known.size >= MOST_KNOWN && oldest !== undefined) known.delete(oldest);
    known.set(sessionId, found);
    return found;
  }

  const living = (found: Known | undefined) => (found !== undefined && clock.now() < found.session.endsAt ? found : undefined);

  return {
    async create(fields, endsAt = clock.now() + SESSION_MS) {
      const owner = ownerOf(fields);
      const count = await shared.increment(`sessions-of:${owner}`, 1, SESSION_MS);
      if (count > MOST_OF_ONE[fields.front]) return undefined;
      const random = Buffer.from(crypto.randomBytes(16)).toString('base64url');
      const sessionId = `s_${random}${checkOf(random)}`;
      const key = Buffer.from(crypto.randomBytes(KEY_BYTES)).toString('base64url');
      const ends = Math.min(endsAt, clock.now() + SESSION_MS);
      const sealed = sharedSeal.seal(placeOf(sessionId), JSON.stringify({ ...fields, key, endsAt: ends } satisfies Session));
      await shared.set(nameOf(sessionId), sealed, { ttlMs: Math.max(1, ends - clock.now()), tags: [`sessions-of:${owner}`] });
      return { sessionId, key, endsAt: ends };
    },
    find(sessionId) {
      const before = known.get(sessionId);
      if (before !== undefined && clock.now() < before.freshUntil) return living(before);
      // The id proves by itself that it was made here, so that invented ones never reach the shared state.
      const random = sessionId.slice(2, 2 + RANDOM_CHARACTERS);
      if (before === undefined && sessionId.slice(2 + RANDOM_CHARACTERS) !== checkOf(random)) return undefined;
      return look(sessionId, before).then(living);
    },
    async endAllOf(user) {
      const owner = ownerOf({ front: 'user', appId: '', user });
      await shared.set(`sessions-ended:${owner}`, String(clock.now()), { ttlMs: REMEMBERED_MS });
      await shared.deleteByTag(`sessions-of:${owner}`);
      for (const [id, { session }] of known) if (session.front === 'user' && ownerOf(session) === owner) known.delete(id);
    },
    async endedAt(user) {
      return Number((await shared.get(`sessions-ended:${ownerOf({ front: 'user', appId: '', user })}`)) ?? 0);
    },
  };
}
