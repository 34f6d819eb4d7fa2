import type { Answer } from '../contract.ts';

/** What a response allows (RFC 9111, 3). */
export interface Verdict {
  /** True if other requests with the same key may get the response. */
  readonly isShareable: boolean;
  readonly isStorable: boolean;
  /** The longest time that the target allows; undefined if it does not say. */
  readonly freshMs: number | undefined;
  /** False if the target forbids that the response is used after its time. */
  readonly mayBeStale: boolean;
  /** How old the response already was. */
  readonly ageMs: number;
}

export const LARGEST_STORED_BYTES = 1024 * 1024;
const STORABLE: ReadonlySet<number> = new Set([200, 203, 204]);

/**
 * Judges a response of the target. `selects` returns whether a request header belongs to the cache key. A response that
 * depends on another header, or belongs to one caller, is never shared. `Vary: accept-encoding` is allowed, because the
 * call of a cached interface has this header only if it is part of the key.
 */
export function judgeAnswer({ status, headers, cookies = [], body }: Answer, selects: (header: string) => boolean): Verdict {
  const control = readDirectives(headers['cache-control']);
  const forbids = control.has('no-store') || control.has('private') || control.has('no-cache');
  const isPersonal = cookies.length > 0 || headers['set-cookie'] !== undefined;
  const varies = (headers['vary'] ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .some((name) => name !== '' && name !== 'accept-encoding' && !selects(name));
  const isShareable = !forbids && !isPersonal && !varies;
  const ageMs = 1000 * (readSeconds(headers['age']) ?? 0);
  const maxAge = readSeconds(control.get('s-maxage')) ?? readSeconds(control.get('max-age'));
  const freshMs = maxAge === undefined ? undefined : Math.max(0, 1000 * maxAge - ageMs);
  return {
    isShareable,
    isStorable: isShareable && STORABLE.has(status) && (body?.byteLength ?? 0) <= LARGEST_STORED_BYTES && freshMs !== 0,
    freshMs,
    mayBeStale: !control.has('must-revalidate') && !control.has('proxy-revalidate') && !control.has('s-maxage'),
    ageMs,
  };
}

/** Returns the directives by lower-case name. A list of header names in quotes counts like a directive without one. */
function readDirectives(text = ''): ReadonlyMap<string, string> {
  const directives = new Map<string, string>();
  for (const part of text.split(',')) {
    const [name = '', value = ''] = part.split('=', 2);
    directives.set(name.trim().toLowerCase(), value.trim().replace(/^"|"$/g, ''));
  }
  return directives;
}

function readSeconds(text: string | undefined): number | undefined {
  return text !== undefined && /^[0-9]{1,9}$/.test(text.trim()) ? Number(text) : undefined;
}
