/**
 * Signed requests and answers, `KQ1`. This folder only builds and parses text, without cryptography and without
 * `node:` imports, so that gateways, SDK, command line and browser build identical canonical strings. Its functions
 * throw KQ1_MALFORMED (input) if a text is malformed.
 */
export * from './authorization.ts';
export * from './canonical.ts';
export * from './envelope.ts';
export * from './headers.ts';
export * from './schemes.ts';
export * from './sm2.ts';
export * from './target.ts';
