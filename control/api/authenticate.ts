/** Finds the actor of a request: by the session cookie of a browser, or by the bearer token of the command line. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Actor } from '../access/actor.ts';
import type { DutiesOf } from '../auth/account-duties.ts';
import type { AccountStore } from '../auth/account-store.ts';
import type { SessionStore } from '../auth/session-store.ts';
import { loginRequired, type CountWrongToken } from '../auth/wrong-tokens.ts';

/**
 * A page of another origin can send this header only after a CORS preflight, which control never allows. So a request
 * with the header comes from our own page.
 */
const CSRF_HEADER = 'x-kq-client';
const SAFE_METHODS = new Set(['GET', 'HEAD']);

export type Authenticate = (request: FastifyRequest) => Promise<Actor>;

export interface AuthenticateDeps {
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly countWrongToken: CountWrongToken;
  readonly dutiesOf: DutiesOf;
  readonly isTls: boolean;
}

export function createAuthenticate({ accounts, sessions, countWrongToken, dutiesOf, isTls }: AuthenticateDeps): Authenticate {
  return async (request) => {
    const bearer = bearerOf(request);
    const secret = bearer ?? request.cookies[sessionCookieName(isTls)];
    if (secret === undefined) throw loginRequired();
    const session = await sessions.find(secret);
    if (session === undefined) throw await countWrongToken(secret, request.ip);
    const account = await accounts.get(session.account);
    // The secret of a session is accepted only in a cookie, and the secret of a token only as a bearer token.
    if (account === undefined || account.disabled || (session.kind === 'token') !== (bearer !== undefined)) throw loginRequired();
    if (bearer === undefined) checkSameOrigin(request, isTls);
    return {
      account: account.name,
      roles: account.roles,
      domains: account.domains,
      via: session.kind,
      from: request.ip,
      sessionId: session._id,
      ...(session.secondFactorAt === undefined ? {} : { secondFactorAt: session.secondFactorAt }),
      ...(session.rights === undefined ? {} : { rights: session.rights }),
      // Only sessions have these duties: the owner must have met them before a token could be issued.
      ...(session.kind === 'session' ? dutiesOf(account) : {}),
    };
  };
}

/** Throws CSRF_REFUSED (input) if a request that changes something does not come from our own page. */
export function checkSameOrigin(request: FastifyRequest, isTls: boolean): void {
  if (SAFE_METHODS.has(request.method)) return;
  const { origin, host, 'sec-fetch-site': site } = request.headers;
  const isOwnOrigin = origin === undefined || origin === `${isTls ? 'https' : 'http'}://${host ?? ''}`;
  const isOwnSite = site === undefined || site === 'same-origin' || site === 'none';
  if (isOwnOrigin && isOwnSite && request.headers[CSRF_HEADER] !== undefined) return;
  throw new AppError('CSRF_REFUSED', 'input', 'The request does not come from this page.', {
    fix: `Send it from the console itself, with the header ${CSRF_HEADER}.`,
  });
}

/** Returns the cookie name. With TLS, its prefix `__Host-` makes browsers require Secure, Path=/ and no Domain. */
export function sessionCookieName(isTls: boolean): string {
  return isTls ? '__Host-kq_session' : 'kq_session';
}

export function setSessionCookie(reply: FastifyReply, secret: string, isTls: boolean): void {
  reply.setCookie(sessionCookieName(isTls), secret, { httpOnly: true, secure: isTls, sameSite: 'strict', path: '/' });
}

export function clearSessionCookie(reply: FastifyReply, isTls: boolean): void {
  reply.clearCookie(sessionCookieName(isTls), { httpOnly: true, secure: isTls, sameSite: 'strict', path: '/' });
}

function bearerOf({ headers }: FastifyRequest): string | undefined {
  const match = /^Bearer ([A-Za-z0-9_-]{20,100})$/.exec(headers.authorization ?? '');
  return match?.[1];
}
