import { malformed } from './malformed.ts';

const MAX_TARGET_LENGTH = 8192;
const FIX_PATH = 'Send the path in its normal form: no //, no . or .. segment, no %2F, %5C or %00.';
const ENCODED_REFUSED = new Set(['2f', '5c', '7f']);

/**
 * Splits a request target as sent into path and query, without changing a byte. Throws KQ1_MALFORMED (input) for an
 * ambiguous target: an absolute form, a fragment, a bare `?`, or a path that `requirePlainPath` refuses.
 */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  if (target.length > MAX_TARGET_LENGTH) throw malformed('the request target is too long', 'Send long values in the body.');
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark + 1);
  if (mark >= 0 && query === '') throw malformed('the target ends with a bare ?', 'Omit the question mark if there is no query.');
  requirePlainPath(path);
  requireQuery(query);
  return { path, query };
}

/** Throws KQ1_MALFORMED (input) if another server might read the path as a different one. */
export function requirePlainPath(path: string): void {
  if (!path.startsWith('/') || !/^[\x21-\x7e]*$/.test(path) || /["#<>?\\^`{|}]/.test(path)) {
    throw malformed('the path is not an absolute path of URL characters', 'Percent-encode other characters as UTF-8.');
  }
  requireEncodings(path, 'path');
  if (path.includes('//')) throw malformed('the path has an empty segment', FIX_PATH);
  // A server that decodes twice would see a dot segment. `%252F` stays allowed: it is a legitimate value that
  // contains `%2F`.
  if (/%252e/i.test(path)) throw malformed('the path is encoded twice', FIX_PATH);
  if (!/\.|%2e/i.test(path)) return;
  for (const segment of path.split('/')) {
    if (isDotSegment(segment)) throw malformed('the path has a dot segment', FIX_PATH);
  }
}

/**
 * Throws KQ1_MALFORMED (input) if the query (as sent, without `?`) contains anything except visible ASCII, or contains
 * `#`.
 */
export function requireQuery(query: string): void {
  if (!/^[\x21\x22\x24-\x7e]*$/.test(query))
    throw malformed('the query contains blanks, # or non-ASCII characters', 'Percent-encode them as UTF-8.');
}

/** Throws KQ1_MALFORMED (input) unless the host is in lower case, without the default port. */
export function requireHost(host: string): void {
  if (!/^(?:[a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])(?::[1-9][0-9]{0,4})?$/.test(host) || /\]?:(?:80|443)$/.test(host)) {
    throw malformed('the host is not in its canonical form', 'Send Host in lower case, without the default port.');
  }
}

function requireEncodings(path: string, where: string): void {
  for (let at = path.indexOf('%'); at >= 0; at = path.indexOf('%', at + 3)) {
    const code = path.slice(at + 1, at + 3).toLowerCase();
    if (!/^[0-9a-f]{2}$/.test(code)) throw malformed(`the ${where} has a % without two hex digits`, 'Write a per cent sign as %25.');
    if (ENCODED_REFUSED.has(code) || code < '20') throw malformed(`the ${where} has an encoded separator or control character`, FIX_PATH);
  }
}

/**
 * Returns true for `.` and `..`, also if the dots are encoded, or if a path parameter follows (`..;x`, `..%3bx`),
 * which some servers remove.
 */
function isDotSegment(segment: string): boolean {
  const end = segment.search(/;|%3b/i);
  const name = (end < 0 ? segment : segment.slice(0, end)).replaceAll(/%2e/gi, '.');
  return name === '.' || name === '..';
}
