/**
 * HTTP requests that the engine sends for an extension. The extension itself has no network: it may only ask, and only
 * for systems that its manifest names, and for methods that the effect of the node allows.
 */
import { Check } from 'typebox/value';
import { buildConnector, Client } from 'undici';
import { AppError } from '../../contract/values/errors.ts';
import type { Effect } from '../../contract/node/node.ts';
import { guardConnector, targetOfUrl, type OutboundGuard } from '../../contract/node/outbound-guard.ts';
import { FetchRequest, type FetchResponse } from './protocol.ts';

export interface FetchRules {
  readonly extension: string;
  /** `host:port` */
  readonly connect: readonly string[];
  readonly effect: Effect;
}

export interface FetchContext {
  readonly outbound: OutboundGuard;
  readonly signal: AbortSignal;
  /** Called before the first byte of a request that may change something. */
  beforeFirstByte(): void;
  /** Called for bytes of bodies that are kept; throws if they are too many. */
  hold(bytes: number): void;
}

const READING: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const WRITING: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
/** HTTP sets these headers itself; a request that sets them could hide a second one. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'te',
  'trailer',
  'expect',
]);
const MOST_BODY_CHARS = 4 * 1024 * 1024;
const MOST_RESPONSE_BYTES = 4 * 1024 * 1024;
const CONNECT_MS = 10_000;
/** Errors before the first byte of a request was sent. */
const NOT_SENT: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT']);

/**
 * Sends the request and returns the response. Rejects with EXTENSION_FETCH: `input` if it is not allowed, `transient`
 * if nothing was changed, otherwise `unknown-outcome`; with OUTBOUND_REFUSED (input) if the guard refuses the address.
 * Redirects are returned, not followed.
 */
export async function guardedFetch(given: unknown, rules: FetchRules, ctx: FetchContext): Promise<FetchResponse> {
  const request = checkRequest(given, rules);
  const { url, method, headers, body } = request;
  ctx.hold(Buffer.byteLength(body ?? ''));
  const { port } = targetOfUrl(url);
  const connect = buildConnector({ lookup: ctx.outbound.lookup(port), timeout: CONNECT_MS });
  const client = new Client(new URL(url).origin, { connect: guardConnector(ctx.outbound, port, connect) });
  const isWrite = WRITING.has(method);
  if (isWrite) ctx.beforeFirstByte();
  const { pathname, search } = new URL(url);
  try {
    const response = await client.request({
      path: `${pathname}${search}`,
      method: method as 'GET',
      headers,
      signal: ctx.signal,
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.statusCode, headers: plainHeaders(response.headers), body: await readBody(response.body, rules, ctx.hold) };
  } catch (error) {
    throw translate(error, rules, isWrite);
  } finally {
    await client.destroy();
  }
}

function checkRequest(given: unknown, rules: FetchRules): FetchRequest {
  if (!Check(FetchRequest, given)) throw refused(rules, 'request');
  const method = given.method.toUpperCase();
  if (!READING.has(method) && !WRITING.has(method)) throw refused(rules, 'method', { method: method.slice(0, 10) });
  if (rules.effect === 'pure' || (rules.effect === 'read' && !READING.has(method)))
    throw refused(rules, 'effect', { method, effect: rules.effect });
  if (!URL.canParse(given.url)) throw refused(rules, 'target', { target: '' });
  const { protocol, username, password } = new URL(given.url);
  const { host, port } = targetOfUrl(given.url);
  const target = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const isWeb = protocol === 'http:' || protocol === 'https:';
  if (!isWeb || username !== '' || password !== '' || !rules.connect.includes(target)) throw refused(rules, 'target', { target });
  if (Object.keys(given.headers).some((name) => OWN_HEADERS.has(name.toLowerCase()))) throw refused(rules, 'request');
  if ((given.body?.length ?? 0) > MOST_BODY_CHARS) throw refused(rules, 'large', { limit: MOST_BODY_CHARS });
  return { ...given, method };
}

async function readBody(body: AsyncIterable<Buffer>, rules: FetchRules, hold: FetchContext['hold']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MOST_RESPONSE_BYTES) throw refused(rules, 'large', { limit: MOST_RESPONSE_BYTES });
    hold(chunk.length);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function plainHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}

/** A refusal after the request was sent is one of the response: whether the write was done is then known to nobody. */
function translate(error: unknown, { extension }: FetchRules, isWrite: boolean): unknown {
  if (error instanceof AppError && (error.code === 'OUTBOUND_REFUSED' || !isWrite)) return error;
  const cause = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const kind = isWrite && !NOT_SENT.has(cause) ? 'unknown-outcome' : 'transient';
  return new AppError('EXTENSION_FETCH', kind, `A request of the extension ${extension} failed (${cause}).`, {
    values: { extension, problem: 'failed', cause },
    fix: 'Check the other system and the network.',
    cause: error,
  });
}

const SENTENCES = {
  request: 'it is not complete, or has a header that only the platform sets',
  method: 'its method is not allowed',
  effect: 'its method does not fit the effect that the manifest declares for the node',
  target: 'its target is not among the permissions of the manifest',
  large: 'its content is too large',
};

function refused(
  { extension }: FetchRules,
  problem: keyof typeof SENTENCES,
  values: Readonly<Record<string, string | number>> = {},
): AppError {
  return new AppError('EXTENSION_FETCH', 'input', `A request of the extension ${extension} was refused: ${SENTENCES[problem]}.`, {
    values: { extension, problem, ...values },
    fix: 'Ask the publisher of the extension to correct its code or its manifest.',
  });
}
