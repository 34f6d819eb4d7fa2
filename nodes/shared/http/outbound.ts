/**
 * Calls hospital systems over HTTP/1.1. It has one connection pool per adapter, and limits size and time. Each
 * failure says whether the remote system could have handled the request. Redirects are never followed, so a call
 * never leaves the adapter's host.
 */
import type { Adapter } from '../../../engine/contract/node/adapter.ts';
import type { NodeContext } from '../../../engine/contract/node/node.ts';
import { outboundUrl, targetOfUrl } from '../../../engine/contract/node/outbound-guard.ts';
import { atPeer, peerOf, type Peer } from '../at-peer.ts';
import { dropToken, getToken } from './access-token.ts';
import { clientCertificate } from './client-certificate.ts';
import { loginOf } from './credential.ts';
import { exchange, type OutboundRequest, type OutboundResponse } from './exchange.ts';
import { lineTo, type OpenLine } from './line-to.ts';
import { readSettings } from '../read-settings.ts';
import { HttpSettings } from './settings.ts';

/** The part of the node's context that a call needs. */
export type OutboundContext = Pick<
  NodeContext<unknown>,
  'adapter' | 'outbound' | 'signal' | 'clock' | 'idempotencyKey' | 'scope' | 'secret' | 'beforeFirstByte' | 'traceparent'
> & {
  /** Used in place of the kept one, by a connection test that has just requested it. */
  readonly accessToken?: string;
};

/**
 * Returns the context of a call through another adapter. It names each field, because a spread copies none of the engine's
 * contexts: their fields are getters.
 */
export function withAdapter(ctx: OutboundContext, adapter: Adapter): OutboundContext {
  return {
    adapter,
    outbound: ctx.outbound,
    signal: ctx.signal,
    clock: ctx.clock,
    idempotencyKey: ctx.idempotencyKey,
    scope: ctx.scope,
    traceparent: ctx.traceparent,
    secret: (name) => ctx.secret(name),
    beforeFirstByte: () => ctx.beforeFirstByte(),
  };
}

export interface OutboundClient {
  /**
   * Resolves with a response of any status. Rejects with OUTBOUND_REFUSED (input), HTTP_CONNECT (transient: nothing
   * was sent), HTTP_NO_ANSWER (the request was sent, but no complete response came: unknown-outcome for writes,
   * transient for reads), HTTP_TOO_LARGE or HTTP_ENCODING if the response cannot be read, HTTP_PRIVATE_KEY or
   * HTTP_CERTIFICATE_REFUSED (input), and with OAUTH_TOKEN_REFUSED (input) or OAUTH_TOKEN_UNAVAILABLE (transient).
   */
  send(ctx: OutboundContext, request: OutboundRequest): Promise<OutboundResponse>;
}

/**
 * Creates a client for one prepared node. It holds one connection pool at a time. When the adapter's settings or its
 * private key change, the old pool finishes its calls and closes.
 */
export function createOutboundClient(): OutboundClient {
  let current: OpenPool | undefined;
  const poolOf = (ctx: OutboundContext, credential?: string): OpenPool => {
    if (current === undefined || current.adapter !== ctx.adapter || current.credential !== credential)
      current = renewPool(current, ctx, credential);
    return current;
  };
  return {
    send(ctx, request) {
      if (ctx.adapter === undefined) throw new TypeError('an HTTP call needs an adapter');
      const settings = current?.adapter === ctx.adapter ? current.settings : readSettings(ctx.adapter, HttpSettings);
      if (settings.auth === 'none' && settings.tls?.certificate === undefined) return sendBy(poolOf(ctx), ctx, request, {});
      return ctx.secret().then((credential) => {
        const pool = poolOf(ctx, settings.tls?.certificate === undefined ? undefined : credential);
        if (settings.auth === 'oauth2') return sendWithToken(pool, ctx, request, credential);
        return sendBy(pool, ctx, request, loginHeaders(settings, loginOf(credential)));
      });
    },
  };
}

interface OpenPool {
  readonly adapter: Adapter;
  readonly key: string;
  readonly settings: HttpSettings;
  /** Set if the connections show a client certificate. */
  readonly credential: string | undefined;
  readonly line: OpenLine;
  readonly basePath: string;
  readonly peer: Peer;
}

function renewPool(current: OpenPool | undefined, ctx: OutboundContext, credential: string | undefined): OpenPool {
  const adapter = ctx.adapter!;
  const key = JSON.stringify([adapter.settings, adapter.limits, credential]);
  if (current?.key === key) return { ...current, adapter };
  const settings = readSettings(adapter, HttpSettings);
  const { certificate, ca, serverName } = settings.tls ?? {};
  const client = certificate === undefined ? undefined : clientCertificate(certificate, credential ?? '');
  const line = lineTo({ url: settings.baseUrl, ca, serverName, client }, adapter.limits, ctx.outbound);
  current?.line.close();
  const { href, pathname } = outboundUrl(settings.baseUrl);
  return { adapter, key, settings, credential, line, basePath: pathname.replace(/\/$/, ''), peer: peerOf('HTTP', targetOfUrl(href)) };
}

function sendBy(
  { line, basePath, peer }: OpenPool,
  ctx: OutboundContext,
  request: OutboundRequest,
  login: Readonly<Record<string, string>>,
): Promise<OutboundResponse> {
  return exchange(line, ctx, {
    ...request,
    path: `${basePath}${request.path}` || '/',
    headers: { ...requestHeaders(ctx, request), ...login },
  }).catch((error: unknown) => Promise.reject(atPeer(error, peer)));
}

/**
 * Sends with an access token. 401 means that nothing was done (RFC 9110, section 15.5.2): the other side may have
 * withdrawn a token that was kept, so the call is sent once more with a new one.
 */
async function sendWithToken(
  pool: OpenPool,
  ctx: OutboundContext,
  request: OutboundRequest,
  credential: string,
): Promise<OutboundResponse> {
  const bearer = (value: string) => ({ authorization: `Bearer ${value}` });
  if (ctx.accessToken !== undefined) return sendBy(pool, ctx, request, bearer(ctx.accessToken));
  const token = await getToken(ctx, pool.settings, credential);
  const response = await sendBy(pool, ctx, request, bearer(token.value));
  if (response.status !== 401 || !token.wasKept) return response;
  dropToken(ctx, token.value);
  return sendBy(pool, ctx, request, bearer((await getToken(ctx, pool.settings, credential)).value));
}

function requestHeaders(ctx: OutboundContext, request: OutboundRequest): Record<string, string> {
  const headers: Record<string, string> = { 'accept-encoding': 'gzip, deflate, br', ...request.headers };
  // W3C Trace Context: pass on the span of this attempt, otherwise the caller's span.
  const traceparent = ctx.traceparent ?? ctx.scope.message.headers.traceparent;
  if (traceparent !== undefined && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(traceparent)) headers.traceparent = traceparent;
  if (request.effect !== 'read' && request.effect !== 'pure') headers['idempotency-key'] = ctx.idempotencyKey;
  return headers;
}

function loginHeaders({ auth, authHeader }: HttpSettings, login: string): Readonly<Record<string, string>> {
  if (auth === 'basic') return { authorization: `Basic ${Buffer.from(login).toString('base64')}` };
  if (auth === 'bearer') return { authorization: `Bearer ${login}` };
  return auth === 'header' ? { [authHeader.toLowerCase()]: login } : {};
}
