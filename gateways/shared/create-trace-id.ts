import { randomFillSync } from 'node:crypto';

const ID_BYTES = 16;

/** 32 hex characters, as W3C trace context has them. */
export const createTraceId = createTraceIds();

/** Random bytes are drawn for many ids at a time: of its own, each would cost a system call. */
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
