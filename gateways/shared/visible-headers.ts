/**
 * Headers that the gateway does not pass on: hop-by-hop ones (RFC 9110, 7.6.1), credentials, addresses that proxies
 * add, and the gateway's own names.
 */
const ENDING = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'content-length',
  'expect',
  'authorization',
  'cookie',
  'forwarded',
  'x-real-ip',
]);

/**
 * Returns whether the flow and the upstream may see a request header of this lower-case name. Only the gateway sets
 * `x-kq-…`. Many services (CGI, WSGI, PHP) read `x_kq_user` as `x-kq-user`, so neither spelling is passed on.
 */
export function isVisibleHeader(name: string): boolean {
  if (name.includes('_')) return name !== '__proto__' && isVisibleHeader(name.replaceAll('_', '-'));
  return !ENDING.has(name) && !name.startsWith('x-kq-') && !name.startsWith('x-forwarded-');
}

/**
 * Headers from which some services take the target, the method or the person. With them, a caller could bypass the
 * gateway's checks. They are accepted only when the caller signed them.
 */
const OVERRIDING = new Set([
  'x-original-url',
  'x-original-uri',
  'x-original-host',
  'x-original-method',
  'x-rewrite-url',
  'x-host',
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-user-id',
  'x-user',
  'x-username',
  'x-user-name',
  'x-user-roles',
  'x-remote-user',
  'remote-user',
  'x-auth-user',
  'x-authenticated-user',
  'x-authenticated-userid',
  'x-request-id',
]);

/** Returns whether the header is one of `OVERRIDING`, spelled with `-` or `_`. */
export function isOverriding(name: string): boolean {
  return OVERRIDING.has(name.includes('_') ? name.replaceAll('_', '-') : name);
}

/**
 * Returns the further headers that `Connection` names. Like `Connection` itself they are not passed on (RFC 9110,
 * 7.6.1). The usual values of `Connection` name none.
 */
export function namedByConnection(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined || connection.length <= 'keep-alive'.length) return NO_NAMES;
  return new Set(
    connection
      .toLowerCase()
      .split(',')
      .map((token) => token.trim()),
  );
}

const NO_NAMES: ReadonlySet<string> = new Set();
