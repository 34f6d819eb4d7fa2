import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { Exchange, TargetRequest } from '../contract.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import type { JsonReader, JsonResult } from '../json-reading.ts';
import { followPointer, readPointer } from '../content/json-pointer.ts';

/** A parameter of the cache key, such as `query:page`. */
export interface CacheParam {
  readonly kind: 'path' | 'query' | 'header' | 'body';
  /** A JSON Pointer (RFC 6901) if the kind is `body`. */
  readonly name: string;
}

export type CacheScope = 'public' | 'app' | 'user';

export interface CacheKeyOptions {
  readonly scope: CacheScope;
  /** If undefined, the path and the whole query. */
  readonly params: readonly CacheParam[] | undefined;
}

/** A request that may use the cache: its key, and the request that the target gets if there is no response. */
export interface CacheRequest {
  readonly key: string;
  readonly target: TargetRequest;
}

export interface CacheKeyDeps {
  readonly crypto: Pick<Crypto, 'digest'>;
  readonly json: Pick<JsonReader, 'read'>;
}

/** Reading a body for its key takes place on the event loop. */
const LARGEST_BODY = 64 * 1024;
const MOST_PAIRS = 100;
const NOTHING = new Uint8Array(0);
/** Claims that change with each token of the same person. */
const OF_TOKEN: ReadonlySet<string> = new Set(['exp', 'iat', 'jti', 'nbf']);

export function readCacheParam(text: string): CacheParam {
  const colon = text.indexOf(':');
  const kind = text.slice(0, colon) as CacheParam['kind'];
  const name = text.slice(colon + 1);
  return { kind, name: kind === 'header' ? name.toLowerCase() : name };
}

/**
 * Creates the function that returns the key of a request. It returns undefined if the request cannot use the cache: the
 * scope has no identity, a parameter can be read in two ways, or the body cannot be read.
 *
 * The target gets only what is part of the key: the identity of the scope, the selected parameters and headers, and the
 * path. So nothing else in a request can change a response that others get (cache poisoning). The body of a POST is the
 * exception: it is sent whole. What a policy has added for this caller, such as the id of its own patient, is always
 * part of the key. If rules of object access have judged the request, they judged it for this caller alone: then all
 * that they can read belongs to the key, selected or not.
 */
export function createCacheKey(
  document: InterfaceDocument,
  { scope, params }: CacheKeyOptions,
  { crypto, json }: CacheKeyDeps,
): (exchange: Exchange) => CacheRequest | undefined | Promise<CacheRequest | undefined> {
  // The document has its revision. The rest makes a difference if an interface was deleted and created again.
  const identity = digest(crypto, JSON.stringify(document));
  const namesOf = (kind: CacheParam['kind']) => params?.filter((param) => param.kind === kind).map(({ name }) => name);
  const queryNames = namesOf('query');
  const headerNames = new Set(namesOf('header'));
  const pointers = (namesOf('body') ?? []).map(readPointer);
  const hasBody = document.method === 'POST';
  if (hasBody) headerNames.add('content-type');

  const toRequest = (exchange: Exchange, values: readonly (string | null)[]): CacheRequest | undefined => {
    const owner = ownerOf(exchange, scope);
    const { judgedHeaders } = exchange;
    const isWhole = queryNames === undefined || judgedHeaders !== undefined || isQueryChanged(exchange);
    const rawQuery = isWhole ? exchange.rawQuery : selectQuery(exchange.rawQuery, queryNames);
    if (owner === undefined || rawQuery === undefined) return undefined;
    const headers: Record<string, string> = {};
    for (const name in exchange.headers) {
      const value = exchange.headers[name]!;
      const isAdded = exchange.incoming.get(name) !== value;
      if (isAdded || headerNames.has(name) || judgedHeaders?.includes(name) === true) headers[name] = value;
    }
    const sent = Object.entries(headers).sort(([a], [b]) => (a < b ? -1 : 1));
    const parts = [identity, exchange.rawPath, rawQuery, owner.id, sent, values, judgedHeaders && digestOfBody(exchange, crypto)];
    const { app, user } = owner;
    const body = hasBody ? { body: exchange.body, json: exchange.json } : { body: NOTHING, json: undefined };
    return { key: digest(crypto, JSON.stringify(parts)), target: { rawQuery, headers, app, user, ...body } };
  };

  return (exchange) => {
    if (!hasBody) return toRequest(exchange, []);
    if ((exchange.body?.byteLength ?? 0) > LARGEST_BODY) return undefined;
    const take = (result: JsonResult) => {
      if (!('value' in result)) return undefined;
      const values = pointers.map((pointer) => valueAt(result.value, pointer));
      return values.includes(undefined) ? undefined : toRequest(exchange, values as readonly (string | null)[]);
    };
    if (exchange.json !== undefined) return take({ value: exchange.json });
    const read = json.read(exchange.body ?? NOTHING, exchange);
    return read instanceof Promise ? read.then(take) : take(read);
  };
}

function isQueryChanged({ rawQuery, request: { url = '' } }: Exchange): boolean {
  const mark = url.indexOf('?');
  return rawQuery !== (mark < 0 ? '' : url.slice(mark + 1));
}

function digestOfBody({ body = NOTHING }: Exchange, crypto: Pick<Crypto, 'digest'>): string {
  return Buffer.from(crypto.digest('sm3', body)).toString('base64url');
}

type Owner = Pick<TargetRequest, 'app' | 'user'> & { readonly id: readonly string[] };

function ownerOf({ app, user }: Exchange, scope: CacheScope): Owner | undefined {
  if (scope === 'public') return { id: ['public'], app: undefined, user: undefined };
  if (scope === 'app') return app && { id: ['app', app.appId], app, user: undefined };
  const { iss: issuer, sub: subject } = user ?? {};
  if (typeof issuer !== 'string' || typeof subject !== 'string') return undefined;
  const claims = Object.entries(user!).filter(([name]) => !OF_TOKEN.has(name));
  claims.sort(([a], [b]) => (a < b ? -1 : 1));
  return { id: ['user', app?.appId ?? '', JSON.stringify(claims)], app, user: Object.fromEntries(claims) };
}

/**
 * Returns the selected parameters of a query, in the order of the selection and spelled as sent. Returns undefined if
 * one of them occurs twice.
 */
function selectQuery(rawQuery: string, names: readonly string[]): string | undefined {
  if (rawQuery === '' || names.length === 0) return '';
  const pairs = rawQuery.split('&', MOST_PAIRS + 1);
  if (pairs.length > MOST_PAIRS) return undefined;
  const found = new Map<string, string>();
  for (const pair of pairs) {
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    if (name === undefined || found.has(name)) return undefined;
    if (names.includes(name)) found.set(name, pair);
  }
  return names.flatMap((name) => found.get(name) ?? []).join('&');
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/**
 * Returns the value as JSON; null if there is none. Returns undefined if it has an integer that a double cannot hold,
 * such as an identity number that is not in quotes: two of them could have the same key.
 */
function valueAt(value: unknown, pointer: readonly string[]): string | null | undefined {
  const found = followPointer(value, pointer);
  if (found === undefined) return null;
  let isExact = true;
  const text = JSON.stringify(found, (_key, part: unknown) => {
    if (typeof part === 'number' && Math.abs(part) > Number.MAX_SAFE_INTEGER) isExact = false;
    return part;
  });
  return isExact ? text : undefined;
}

function digest(crypto: Pick<Crypto, 'digest'>, text: string): string {
  return Buffer.from(crypto.digest('sm3', text)).toString('base64url');
}
