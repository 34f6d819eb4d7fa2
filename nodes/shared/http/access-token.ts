/**
 * Access tokens by OAuth 2.0 client credentials (RFC 6749, section 4.4). All nodes of a process share the token of an
 * adapter, until shortly before it expires; callers that need one at the same time wait for one request.
 */
import { createHash, randomUUID, type KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { isRecord } from '../../../engine/contract/values/is-record.ts';
import type { NodeContext } from '../../../engine/contract/node/node.ts';
import { outboundUrl } from '../../../engine/contract/node/outbound-guard.ts';
import { perClock } from '../per-clock.ts';
import { clientCertificate } from './client-certificate.ts';
import { loginOf, privateKeyError, privateKeyOf } from './credential.ts';
import { exchange, type OutboundResponse } from './exchange.ts';
import { lineTo } from './line-to.ts';
import type { HttpSettings } from './settings.ts';

type TokenContext = Pick<NodeContext<unknown>, 'adapter' | 'outbound' | 'signal' | 'clock'>;

export interface AccessToken {
  readonly value: string;
  /** True if it was not requested for this call. */
  readonly wasKept: boolean;
}

interface Kept {
  /** Of the settings and the credential that the token belongs to. */
  readonly key: string;
  token?: { readonly value: string; readonly untilMs: number };
  pending?: Promise<string>;
}

/** By adapter. */
const tokens = perClock(() => new Map<string, Kept>());

/** A token is replaced so long before it expires, at most: a call that begins now must still reach the other side. */
const EARLY_MS = 30_000;
/** How long a token is kept if its server does not say how long it is valid. */
const USUAL_LIFE_MS = 600_000;
const MOST_LIFE_MS = 86_400_000;
const MOST_BYTES = 65_536;

const Answer = Type.Object({
  access_token: Type.String({ minLength: 1, maxLength: 32_768, pattern: '^[\\x21-\\x7e]+$' }),
  token_type: Type.String({ pattern: '^[Bb][Ee][Aa][Rr][Ee][Rr]$' }),
  // Some servers write it as text.
  expires_in: Type.Optional(Type.Union([Type.Null(), Type.Number({ minimum: 0 }), Type.String({ pattern: '^[0-9]{1,9}$' })])),
});

type OAuth2 = NonNullable<HttpSettings['oauth2']>;

/**
 * Returns the token of the adapter. Rejects with OAUTH_TOKEN_REFUSED, HTTP_PRIVATE_KEY, ADAPTER_SETTINGS_WRONG or
 * OUTBOUND_REFUSED (input), and with OAUTH_TOKEN_UNAVAILABLE (transient): the call itself was not sent then.
 */
export async function getToken(ctx: TokenContext, settings: HttpSettings, credential: string): Promise<AccessToken> {
  const { adapterId } = ctx.adapter!;
  const all = tokens(ctx.clock);
  const key = createHash('sha256')
    .update(JSON.stringify([settings, credential]))
    .digest('base64');
  let kept = all.get(adapterId);
  if (kept?.key !== key) {
    kept = { key };
    all.set(adapterId, kept);
  }
  const { token } = kept;
  if (token !== undefined && token.untilMs > ctx.clock.monotonic()) return { value: token.value, wasKept: true };
  kept.pending ??= renew(kept, ctx, settings, credential);
  return { value: await unlessStopped(kept.pending, ctx.signal, settings), wasKept: false };
}

/** Forgets a token that the other side refused. */
export function dropToken({ adapter, clock }: TokenContext, value: string): void {
  const kept = tokens(clock).get(adapter!.adapterId);
  if (kept?.token?.value === value) delete kept.token;
}

async function renew(kept: Kept, ctx: TokenContext, settings: HttpSettings, credential: string): Promise<string> {
  try {
    const askedAt = ctx.clock.monotonic();
    const { value, lifeMs } = await requestToken(ctx, settings, credential);
    kept.token = { value, untilMs: askedAt + lifeMs - Math.min(EARLY_MS, lifeMs / 5) };
    return value;
  } finally {
    delete kept.pending;
  }
}

/** The request is for all who wait, so it goes on when one of them is stopped. */
function unlessStopped(pending: Promise<string>, signal: AbortSignal, settings: HttpSettings): Promise<string> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(unavailable(hostOf(settings.oauth2), 'cancelled'));
    signal.addEventListener('abort', onAbort, { once: true });
    pending.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
    if (signal.aborted) onAbort();
  });
}

/** Requests a token that is not kept. Rejects as `getToken`. */
export async function requestToken(
  { adapter, outbound, clock }: TokenContext,
  settings: HttpSettings,
  credential: string,
): Promise<{ readonly value: string; readonly lifeMs: number }> {
  const { oauth2, tls } = settings;
  if (oauth2 === undefined) throw settingsAbsent(adapter!.adapterId);
  const { headers, form } = await login(oauth2, credential, clock.now());
  const url = outboundUrl(oauth2.tokenUrl);
  const client = tls?.certificate === undefined ? undefined : clientCertificate(tls.certificate, credential);
  const line = lineTo(
    { url: url.href, ca: tls?.ca, client },
    { ...adapter!.limits, maxConcurrency: 1, maxResponseBytes: MOST_BYTES },
    outbound,
  );
  try {
    const response = await exchange(
      line,
      { clock, signal: new AbortController().signal, beforeFirstByte: () => undefined },
      {
        method: 'POST',
        path: url.pathname + url.search,
        headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', ...headers },
        body: Buffer.from(new URLSearchParams(form).toString()),
        // A second token does no harm.
        effect: 'read',
      },
    );
    return readAnswer(response, url.host);
  } catch (error) {
    throw tokenError(error, url.host);
  } finally {
    line.close();
  }
}

/** Returns how the client shows who it is (RFC 6749, section 2.3.1; RFC 7523, section 2.2), and what it asks for. */
async function login(oauth2: OAuth2, credential: string, nowMs: number) {
  const { clientId, scope, audience, authentication } = oauth2;
  const form: Record<string, string> = {
    grant_type: 'client_credentials',
    ...(scope === undefined ? {} : { scope }),
    ...(audience === undefined ? {} : { audience }),
  };
  if (authentication === 'client_secret_basic') {
    const pair = [clientId, loginOf(credential)].map((text) => new URLSearchParams({ '': text }).toString().slice(1)).join(':');
    return { headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` }, form };
  }
  if (authentication === 'client_secret_post')
    return { headers: {}, form: { ...form, client_id: clientId, client_secret: loginOf(credential) } };
  const assertion = await signAssertion(oauth2, privateKeyOf(credential), Math.floor(nowMs / 1000));
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
  return { headers: {}, form: { ...form, client_id: clientId, client_assertion_type: type, client_assertion: assertion } };
}

async function signAssertion({ clientId, tokenUrl, keyId }: OAuth2, key: KeyObject, nowSec: number): Promise<string> {
  const alg = algorithmOf(key);
  if (alg === undefined) throw privateKeyError('unreadable');
  return new SignJWT()
    .setProtectedHeader({ alg, typ: 'JWT', ...(keyId === undefined ? {} : { kid: keyId }) })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(tokenUrl)
    .setJti(randomUUID())
    .setIssuedAt(nowSec)
    .setExpirationTime(nowSec + 60)
    .sign(key);
}

function algorithmOf(key: KeyObject): string | undefined {
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') return modulusLength < 2048 ? undefined : 'RS256';
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA';
  return { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }[namedCurve ?? ''];
}

function readAnswer({ status, body }: OutboundResponse, host: string): { readonly value: string; readonly lifeMs: number } {
  const answer = parse(body);
  if (status === 429 || status === 408 || status >= 500) throw unavailable(host, `HTTP ${status}`);
  if (status !== 200) {
    // Codes of the standard, such as invalid_client; a description could hold anything.
    const code =
      isRecord(answer) && typeof answer['error'] === 'string' && /^[a-z_]{1,60}$/.test(answer['error']) ? answer['error'] : undefined;
    throw refused(host, code === undefined ? `HTTP ${status}` : `HTTP ${status}, ${code}`);
  }
  if (!Value.Check(Answer, answer)) throw refused(host, 'no bearer token in the answer', 'answer');
  const { access_token: value, expires_in: life } = answer;
  return { value, lifeMs: life === undefined || life === null ? USUAL_LIFE_MS : Math.min(Number(life) * 1000, MOST_LIFE_MS) };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

/** Names the server of tokens in an error of its call. */
function tokenError(error: unknown, host: string): unknown {
  if (!(error instanceof AppError) || error.code.startsWith('OAUTH_') || error.code === 'OUTBOUND_REFUSED') return error;
  const { reason } = error.values as { readonly reason?: unknown };
  const why = typeof reason === 'string' ? reason : error.code;
  return error.kind === 'transient' ? unavailable(host, why, error) : refused(host, why, undefined, error);
}

function refused(host: string, reason: string, problem?: 'answer', cause?: unknown): AppError {
  return new AppError('OAUTH_TOKEN_REFUSED', 'input', `The token server ${host} gave no access token (${reason}); the call was not sent.`, {
    values: { host, reason, ...(problem === undefined ? {} : { problem }) },
    fix: 'Check the address of the token server, the client id, its credential, scope and audience in the adapter.',
    cause,
  });
}

function unavailable(host: string, reason: string, cause?: unknown): AppError {
  return new AppError(
    'OAUTH_TOKEN_UNAVAILABLE',
    'transient',
    `No access token from the token server ${host} (${reason}); the call was not sent.`,
    {
      values: { host, reason },
      fix: 'Check the network and the certificate of the token server, and that it is running.',
      cause,
    },
  );
}

function hostOf(oauth2: OAuth2 | undefined): string {
  return oauth2 === undefined ? '' : outboundUrl(oauth2.tokenUrl).host;
}

function settingsAbsent(adapterId: string): AppError {
  return new AppError('ADAPTER_SETTINGS_WRONG', 'input', `The adapter ${adapterId} logs in with OAuth 2.0, but names no token server.`, {
    values: { problem: 'absent', adapter: adapterId, field: 'oauth2' },
    fix: 'Fill in the group OAuth 2.0 of its settings.',
  });
}
