/**
 * Signed requests and answers, `KQ1` (design page 2, section 3). Pure text: no cryptography, no `node:` import, so that gateways, sdk, command
 * line and browser build byte for byte the same canonical strings. Everything malformed throws `KQ1_MALFORMED` (kind input).
 */
export * from './authorization.ts';
export * from './canonical.ts';
export * from './headers.ts';
export * from './schemes.ts';
export * from './sm2.ts';
export * from './target.ts';
