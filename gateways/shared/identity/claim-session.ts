import type { Kq1Authorization } from '../../../engine/contract/kq1/kq1.ts';
import { toErrorRecord } from '../../../engine/contract/values/errors.ts';
import type { Exchange, GatewayError, Kq1Claim, PolicyDeps } from '../../contract.ts';
import type { AppKeyDocument } from '../../documents/caller-documents.ts';
import { refuse } from '../../errors.ts';
import { createOutage, type Outage } from '../create-outage.ts';
import { isFor, type FindTokenKey } from './token-keys.ts';
import { createSessions, isSessionId, type OpenSession, type Sessions } from './sessions.ts';

export type SessionsDeps = Pick<PolicyDeps, 'keepers' | 'shared' | 'sharedSeal' | 'crypto' | 'clock'>;

/** Returns the sessions of the gateway, which all its interfaces share. */
export function sessionsOf(deps: SessionsDeps): Sessions {
  return deps.keepers.ofGateway('sessions', () => createSessions(deps));
}

/** Reports when sessions cannot be looked up, once for all interfaces of the gateway. */
export function sessionOutageOf({ keepers, report }: Pick<PolicyDeps, 'keepers' | 'report'>): Outage {
  return keepers.ofGateway('session-outage', () => createOutage('sessions', report));
}

/** Returns whether a request claims a session. A registered key of the same id takes precedence. */
export function namesSession({ appId, keyId, scheme }: Kq1Authorization, { plan }: Exchange): boolean {
  return scheme === 'HMAC-SM3' && isSessionId(keyId) && plan.key(appId, keyId) === undefined;
}

export interface ClaimSessionDeps {
  readonly sessions: Sessions;
  readonly outage: Outage;
  readonly clock: PolicyDeps['clock'];
  /** On the user front. */
  readonly findTokenKey?: FindTokenKey;
}

/**
 * Looks up the session that a request claims. Returns GW40101 if there is none, and also if it does not belong to this
 * app and address, or the key that it was made with is not usable any more: nothing tells these apart.
 */
export function claimSession(
  exchange: Exchange,
  authorization: Kq1Authorization,
  { sessions, clock, outage, findTokenKey }: ClaimSessionDeps,
): Kq1Claim | GatewayError | Promise<Kq1Claim | GatewayError> {
  // Sessions exist inside only. A gateway in the DMZ hands the call over, and nothing counts as proved there.
  if (exchange.plan.isHandedOut) return toClaim(exchange, authorization, undefined) ?? refuse('GW40101');
  const judge = (found: OpenSession | undefined) => {
    if (found === undefined || !isUsable(found, exchange, authorization, clock.now())) return refuse('GW40101');
    const claim = toClaim(exchange, authorization, found) ?? refuse('GW40101');
    return findTokenKey === undefined ? claim : requireTokenKey(found, exchange, findTokenKey).then((refused) => refused ?? claim);
  };
  const found = sessions.find(authorization.keyId);
  if (!(found instanceof Promise)) return judge(found);
  return found.then(
    (session) => {
      outage.worked();
      return judge(session);
    },
    (error: unknown) => {
      if (toErrorRecord(error).kind !== 'transient') throw error;
      outage.failed(error);
      return refuse('GW50303');
    },
  );
}

/** Refuses a user's session unless its token would be accepted now: the key or its issuer may have been removed since. */
async function requireTokenKey({ session }: OpenSession, exchange: Exchange, find: FindTokenKey): Promise<GatewayError | undefined> {
  const { user, tokenKey } = session;
  if (user === undefined || tokenKey === undefined) return refuse('GW40101');
  const key = await find(exchange, tokenKey.kid, user['iss']);
  if ('code' in key) return key;
  return key.handle?.fingerprint === tokenKey.fingerprint && isFor(user, key.expected) ? undefined : refuse('GW40101');
}

function isUsable({ session }: OpenSession, { front, plan, clientIp }: Exchange, { appId }: Kq1Authorization, now: number): boolean {
  if (session.front !== front || session.appId !== appId) return false;
  if (session.ip !== undefined && session.ip !== clientIp) return false;
  if (session.signedBy === undefined) return true;
  const key = plan.key(appId, session.signedBy.keyId)?.document;
  return key !== undefined && key.fingerprint === session.signedBy.fingerprint && isUsableKey(key, now);
}

/** Returns whether a key of the plan may sign now. */
export function isUsableKey({ state, expiresAt = Infinity }: Pick<AppKeyDocument, 'state' | 'expiresAt'>, now: number): boolean {
  return (state === 'ACTIVE' || state === 'RETIRING') && now < expiresAt;
}

function toClaim({ plan }: Exchange, authorization: Kq1Authorization, found: OpenSession | undefined): Kq1Claim | undefined {
  const { appId, keyId } = authorization;
  const app = plan.app(appId);
  if (app === undefined) return undefined;
  const document = { appId, keyId, revision: 0, scheme: 'HMAC-SM3', state: 'ACTIVE', fingerprint: keyId, createdAt: 0 } as const;
  const user = found?.session.user;
  return {
    ...{ kind: 'kq1', authorization, app, key: { document, handle: found?.handle }, digestAlgorithm: 'sm3' },
    ...(user !== undefined && { user }),
  };
}
