/**
 * Sessions of browsers and tokens of the command line. Only the SM3 digest of a secret is stored, so a stolen database
 * gives no access.
 */
import { Type } from 'typebox';
import type { Permission } from '../../engine/contract/access/access.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { findAll } from '../../engine/contract/ports/find-all.ts';

const IDLE_MS = 30 * 60_000;
const LONGEST_SESSION_MS = 12 * 3_600_000;
/**
 * Maximum number of browser sessions per person; a new session then ends the least recently used one. Tokens do not
 * count.
 */
const MOST_SESSIONS = 20;
const PAGE = 1000;
/** The last use of a session is written at most this often. */
const TOUCH_MS = 60_000;

export interface StoredSession extends StoredDocument {
  readonly account: string;
  readonly kind: 'session' | 'token';
  readonly label: string;
  /** Address from which the session was opened. */
  readonly from?: string;
  /** When the second factor was entered in this session. */
  readonly secondFactorAt?: number;
  /** Permissions of a token, limited to those of its account; absent: all of them. */
  readonly rights?: readonly Permission[];
  readonly createdAt: number;
  readonly lastSeenAt: number;
  /** Time at which the session ends even if it is in use. */
  readonly endsAt: number;
  /** Time at which the session ends if it is not used again before. */
  readonly expiresAt: number;
}

const sessionsSpec: CollectionSpec<StoredSession> = {
  name: 'sessions',
  schema: Type.Object({ _id: Type.String(), account: Type.String() }, { additionalProperties: true }),
  indexes: [{ name: 'by_account', fields: ['account'] }],
  expiresAt: 'expiresAt',
};

export interface OpenedSession {
  readonly secret: string;
  readonly session: StoredSession;
}

export interface SessionStore {
  /**
   * Opens a session and returns its secret, which is not shown again. An account has at most 20 open browser sessions;
   * a further one ends the least recently used.
   */
  open(account: string, more?: Pick<StoredSession, 'from' | 'secondFactorAt'>): Promise<OpenedSession>;
  issueToken(account: string, label: string, ttlMs: number, rights?: readonly Permission[]): Promise<OpenedSession>;
  /** Returns the open session that has this secret, and postpones its expiry. */
  find(secret: string): Promise<StoredSession | undefined>;
  isLive(sessionId: string): Promise<boolean>;
  /** Records that the session has just shown its second factor. */
  noteSecondFactor(sessionId: string): Promise<void>;
  list(account: string): Promise<readonly StoredSession[]>;
  end(sessionId: string, account?: string): Promise<boolean>;
  /** Ends all sessions and tokens of an account, except the given one. */
  endAll(account: string, except?: string): Promise<number>;
}

export async function openSessionStore({
  documents,
  crypto,
  clock,
}: {
  documents: Documents;
  crypto: Crypto;
  clock: Clock;
}): Promise<SessionStore> {
  const sessions = await documents.open(sessionsSpec);
  const digest = (secret: string) => Buffer.from(crypto.digest('sm3', secret)).toString('hex');

  async function create(prefix: string, fields: Omit<StoredSession, '_id' | 'createdAt' | 'lastSeenAt'>): Promise<OpenedSession> {
    const secret = `${prefix}${Buffer.from(crypto.randomBytes(32)).toString('base64url')}`;
    const now = clock.now();
    const session: StoredSession = { _id: digest(secret), ...fields, createdAt: now, lastSeenAt: now };
    await sessions.insert(session);
    return { secret, session };
  }

  async function endLeastUsed(account: string, except: string): Promise<void> {
    const others = (await findAll(sessions, { account })).filter(({ kind, _id }) => kind === 'session' && _id !== except);
    const leastUsed = others.sort((a, b) => a.lastSeenAt - b.lastSeenAt || a.createdAt - b.createdAt);
    for (const { _id } of leastUsed.slice(0, Math.max(0, others.length + 1 - MOST_SESSIONS))) await sessions.remove(_id);
  }

  return {
    async open(account, more = {}) {
      const now = clock.now();
      const opened = await create('kqs_', {
        account,
        kind: 'session',
        label: 'browser',
        endsAt: now + LONGEST_SESSION_MS,
        expiresAt: now + IDLE_MS,
        ...more,
      });
      await endLeastUsed(account, opened.session._id);
      return opened;
    },
    issueToken(account, label, ttlMs, rights) {
      const endsAt = clock.now() + ttlMs;
      return create('kqt_', { account, kind: 'token', label, endsAt, expiresAt: endsAt, ...(rights === undefined ? {} : { rights }) });
    },
    async find(secret) {
      const session = await sessions.get(digest(secret));
      const now = clock.now();
      if (session === undefined || session.expiresAt <= now) return undefined;
      if (now - session.lastSeenAt < TOUCH_MS) return session;
      const expiresAt = session.kind === 'token' ? session.expiresAt : Math.min(session.endsAt, now + IDLE_MS);
      const touched = await sessions.patchIf(session._id, {}, { set: { lastSeenAt: now, expiresAt } });
      return touched.outcome === 'patched' ? touched.document : undefined;
    },
    async isLive(sessionId) {
      const session = await sessions.get(sessionId);
      return session !== undefined && session.expiresAt > clock.now();
    },
    async noteSecondFactor(sessionId) {
      await sessions.patchIf(sessionId, {}, { set: { secondFactorAt: clock.now() } });
    },
    list: async (account) => (await findAll(sessions, { account })).filter((session) => session.expiresAt > clock.now()),
    end: (sessionId, account) => sessions.remove(sessionId, account === undefined ? {} : { account }),
    async endAll(account, except) {
      let ended = 0;
      // Repeat until none is left: an account may have more than one page of tokens.
      for (;;) {
        const others = (await sessions.find({ account }, { limit: PAGE })).filter((session) => session._id !== except);
        if (others.length === 0) return ended;
        for (const session of others) await sessions.remove(session._id);
        ended += others.length;
      }
    },
  };
}
