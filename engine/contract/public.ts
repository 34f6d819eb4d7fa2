/** What node authors import: `kangqiao/contract`. */
export * from './access.ts';
export * from './adapter.ts';
export * from './clock.ts';
export * from './errors.ts';
export * from './expression-types.ts';
export * from './field-kind.ts';
export * from './flow-document.ts';
export * from './ids.ts';
export * from './message.ts';
export * from './node.ts';
export * from './observe.ts';
export * from './scope-path.ts';
export * from './texts.ts';
export type { Blobs } from './ports/blobs.ts';
