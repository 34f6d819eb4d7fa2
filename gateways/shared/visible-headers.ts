/** Headers that end at the gateway: hop-by-hop ones (RFC 9110, 7.6.1), credentials, addresses that proxies add, and names that are the gateway's own. */
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
  'x-request-id',
]);

/**
 * May flow and upstream see a request header of this lower-case name? `x-kq-…` are set by the gateway alone. Many services (CGI, WSGI, PHP)
 * read `x_kq_user` as `x-kq-user`, so both spellings end here.
 */
export function isVisibleHeader(name: string): boolean {
  if (name.includes('_')) return name !== '__proto__' && isVisibleHeader(name.replaceAll('_', '-'));
  return !ENDING.has(name) && !name.startsWith('x-kq-') && !name.startsWith('x-forwarded-');
}

/** The further headers that `Connection` names: they end here like itself (RFC 9110, 7.6.1). The common values name none. */
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
