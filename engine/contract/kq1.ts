/**
 * Signed requests and answers, `KQ1` (design page 2, section 3). Pure text: no cryptography, no `node:` import, so that gateways, sdk, command
 * line and browser build byte for byte the same canonical strings. Everything malformed throws `KQ1_MALFORMED` (kind input).
 */
export * from './kq1/authorization.ts';
export * from './kq1/canonical.ts';
export * from './kq1/headers.ts';
export * from './kq1/schemes.ts';
export * from './kq1/sm2.ts';
export * from './kq1/target.ts';
