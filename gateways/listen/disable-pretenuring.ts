import { setFlagsFromString } from 'node:v8';

/**
 * Stops V8 from allocating per-request objects among the long-lived ones. V8 does this for code whose objects survived
 * the garbage collections of the first seconds, when everything is slow, and never stops doing it. Each such object
 * then keeps its whole request in memory until a full collection: a fifth of all CPU time under load. The flag affects
 * the whole process (docs/decisions/0013).
 */
export function disablePretenuring(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
