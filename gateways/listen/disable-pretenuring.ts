import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8 from allocating what belongs to one request among the long-lived objects. V8 does so by itself for places in the code whose
 * objects outlived the collections of the first seconds, when everything is slow; it never takes that back, and each such object then keeps its
 * whole request in memory until a full collection: a fifth of all CPU time under load. The whole process is concerned (docs/decisions/0013).
 */
export function disablePretenuring(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
