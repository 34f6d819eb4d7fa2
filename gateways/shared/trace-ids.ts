import { randomFillSync } from 'node:crypto';

const ID_BYTES = 16;

/** Creates a trace id of 32 hex characters, as in W3C trace context. */
export const createTraceId = createTraceIds();

/** Draws random bytes for many ids at a time, because otherwise each id would cost a system call. */
function createTraceIds(): () => string {
  const drawn = Buffer.alloc(256 * ID_BYTES);
  let used = drawn.length;
  return () => {
    if (used === drawn.length) {
      randomFillSync(drawn);
      used = 0;
    }
    used += ID_BYTES;
    return drawn.toString('hex', used - ID_BYTES, used);
  };
}
