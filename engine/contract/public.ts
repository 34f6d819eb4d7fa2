/** The exports for node authors: `kangqiao/contract`. */
export * from './access/access.ts';
export * from './node/adapter.ts';
export * from './values/clock.ts';
export * from './values/errors.ts';
export * from './flow/expression-types.ts';
export * from './values/field-kind.ts';
export * from './flow/flow-document.ts';
export * from './values/ids.ts';
export * from './values/message.ts';
export * from './node/node.ts';
export * from './values/observe.ts';
export * from './flow/scope-path.ts';
export * from './values/texts.ts';
export type { Blobs } from './ports/blobs.ts';
