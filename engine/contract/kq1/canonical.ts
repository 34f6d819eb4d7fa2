import { requireIdentity, type Kq1Authorization } from './authorization.ts';
import { isSignableName, MAX_SIGNED_HEADERS, trimmedValue, type HeaderPair } from './headers.ts';
import { malformed } from './malformed.ts';
import type { Kq1Scheme } from './schemes.ts';
import { requireHost, requirePlainPath, requireQuery } from './target.ts';

export interface Kq1Request extends Pick<Kq1Authorization, 'scheme' | 'appId' | 'keyId' | 'ts' | 'nonce'> {
  /** The HTTP method, in upper case. */
  readonly method: string;
  /** The host as sent: in lower case, without the default port. */
  readonly host: string;
  /** The path as sent, without the query. */
  readonly path: string;
  /** The query as sent, without `?`; `''` if there is none. */
  readonly query: string;
  /** The signed headers: lower-case names, sorted, distinct (see `collectSignedHeaders`). */
  readonly headers: readonly HeaderPair[];
  /**
   * Lower-case hex digest of the body as sent, with the scheme's algorithm; the digest of empty input if there is no
   * body.
   */
  readonly bodyDigest: string;
}

export interface Kq1Answer {
  /** Lower-case hex digest of the request's canonical string, with the answer's algorithm. */
  readonly requestDigest: string;
  readonly scheme: Kq1Scheme;
  readonly status: number;
  /** The request's nonce. */
  readonly nonce: string;
  /** Server time, epoch milliseconds as text: the header X-KQ-Ts. */
  readonly ts: string;
  /**
   * The id of the key that signed: the platform's key, or for HMAC the key of the request. Sent as the header
   * X-KQ-Keyid.
   */
  readonly keyId: string;
  /** The headers that the signature covers (see `signedAnswerHeaders`). */
  readonly headers: readonly HeaderPair[];
  readonly bodyDigest: string;
}

/**
 * Returns the text that a request's signature covers. Each line ends with LF:
 *
 *     KQ1 / scheme / METHOD / host / path / query / ts nonce appid keyid / name:value … / body digest
 *
 * The number of lines before the header lines is fixed, only header lines have a colon after a name, and the last line
 * is 64 hex digits. No part can contain LF, so two different requests never have the same text. The text is plain
 * ASCII. Throws KQ1_MALFORMED (input) if a part has the wrong form.
 */
export function canonicalRequest(request: Kq1Request): string {
  return `${requestHead(request)}${headerLines(request.headers)}${digestLine(request.bodyDigest)}`;
}

/** Returns the lines of `canonicalRequest` before the header lines. */
export function requestHead(request: Omit<Kq1Request, 'headers' | 'bodyDigest'>): string {
  if (!/^[A-Z]{1,16}$/.test(request.method)) throw malformed('the method is not in upper case', 'Send GET, POST, PUT, PATCH or DELETE.');
  requireHost(request.host);
  requirePlainPath(request.path);
  requireQuery(request.query);
  requireIdentity(request);
  const { scheme, method, host, path, query, ts, nonce, appId, keyId } = request;
  return `KQ1\n${scheme}\n${method}\n${host}\n${path}\n${query}\n${ts} ${nonce} ${appId} ${keyId}\n`;
}

/**
 * Returns the text that an answer's signature covers. Each line ends with LF:
 *
 *     KQ1-RESP / request digest / scheme / status / request nonce / ts / key id / name:value … / body digest
 *
 * Throws KQ1_MALFORMED (input) if a part has the wrong form.
 */
export function canonicalAnswer(answer: Kq1Answer): string {
  const { scheme, status, nonce, ts, keyId } = answer;
  requireIdentity({ appId: keyId, keyId, ts, nonce });
  if (!Number.isInteger(status) || status < 100 || status > 599)
    throw malformed('the status is not an HTTP status', 'Pass the status of the answer.');
  const head = `KQ1-RESP\n${digestLine(answer.requestDigest)}${scheme}\n${status}\n${nonce}\n${ts}\n${keyId}\n`;
  return `${head}${headerLines(answer.headers)}${digestLine(answer.bodyDigest)}`;
}

function headerLines(headers: readonly HeaderPair[]): string {
  if (headers.length > MAX_SIGNED_HEADERS) throw malformed('too many signed headers', `Sign at most ${MAX_SIGNED_HEADERS}.`);
  let lines = '';
  let before = '';
  for (const [name, value] of headers) {
    if (!isSignableName(name) || name <= before)
      throw malformed('the signed headers are not sorted, distinct and in lower case', 'Sort them by name.');
    lines += `${name}:${trimmedValue(name, value)}\n`;
    before = name;
  }
  return lines;
}

function digestLine(digest: string): string {
  if (!/^[0-9a-f]{64}$/.test(digest))
    throw malformed('a digest is not 64 lower-case hex digits', 'Pass the hex digest in the algorithm of the scheme.');
  return `${digest}\n`;
}
