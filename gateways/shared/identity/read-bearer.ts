const SCHEME = 'bearer ';

/**
 * Returns the token of `Authorization: Bearer …`; the scheme is case-insensitive (RFC 9110, 11.1). Returns undefined
 * for another scheme, or a token that is too long.
 */
export function readBearer(header: string, maxLength: number): string | undefined {
  const isBearer = header.slice(0, SCHEME.length).toLowerCase() === SCHEME && header.length <= SCHEME.length + maxLength;
  return isBearer ? header.slice(SCHEME.length) : undefined;
}
