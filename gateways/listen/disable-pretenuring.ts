import { setFlagsFromString } from 'node:v8';

/**
 * Stops V8 from allocating the objects of a request in the memory for long-lived objects. V8 starts to do this in the
 * first seconds, when everything is slow and many objects survive a garbage collection, and never stops. Each such
 * object keeps its whole request in memory until a full collection. This took a fifth of all CPU time under load. The
 * flag affects the whole process (docs/decisions/0013).
 */
export function disablePretenuring(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
