/**
 * Signed requests and answers, `KQ1`. Pure text: no cryptography and no `node:` import, so that gateways, sdk,
 * command line and browser build identical canonical strings. Throws `KQ1_MALFORMED` (kind input) for anything
 * malformed.
 */
export * from './authorization.ts';
export * from './canonical.ts';
export * from './headers.ts';
export * from './schemes.ts';
export * from './sm2.ts';
export * from './target.ts';
