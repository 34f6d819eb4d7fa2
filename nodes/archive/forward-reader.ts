/**
 * Reads ranges of a stream that can only be read from its begin. The list of a ZIP archive is at its end, so the end is
 * kept from a first pass; the members are then read in the order in which they lie, in a second one.
 */

/** Enough for the list of 10,000 members with long names. */
const KEPT_BYTES = 8_388_608;

export interface ForwardReader {
  readonly sizeBytes: number;
  /** One range at a time. A range behind the last one is read on, any other one begins a new pass. */
  range(start: number, end: number): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

export async function createForwardReader(open: () => AsyncIterable<Uint8Array>, keptBytes: number = KEPT_BYTES): Promise<ForwardReader> {
  const { sizeBytes, kept } = await readEnd(open(), keptBytes);
  const keptFrom = sizeBytes - kept.length;
  let pass: AsyncIterator<Uint8Array> | undefined;
  /** What was read of the pass and not yet passed on; it begins at `position`. */
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;

  async function close(): Promise<void> {
    await pass?.return?.();
    pass = undefined;
  }
  return {
    sizeBytes,
    close,
    async *range(start, end) {
      if (start >= keptFrom) {
        yield kept.subarray(start - keptFrom, end - keptFrom);
        return;
      }
      if (pass === undefined || start < position) {
        await close();
        pass = open()[Symbol.asyncIterator]();
        [rest, position] = [Buffer.alloc(0), 0];
      }
      while (position < end) {
        if (rest.length === 0) {
          const next = await pass.next();
          if (next.done === true) return;
          rest = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
        }
        const isBefore = position < start;
        const taken = rest.subarray(0, (isBefore ? start : end) - position);
        rest = rest.subarray(taken.length);
        position += taken.length;
        if (!isBefore) yield taken;
      }
    },
  };
}

async function readEnd(
  source: AsyncIterable<Uint8Array>,
  keptBytes: number,
): Promise<{ readonly sizeBytes: number; readonly kept: Buffer }> {
  const chunks: Uint8Array[] = [];
  let [sizeBytes, heldBytes] = [0, 0];
  for await (const chunk of source) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    heldBytes += chunk.length;
    while (heldBytes - chunks[0]!.length >= keptBytes) heldBytes -= chunks.shift()!.length;
  }
  return { sizeBytes, kept: Buffer.concat(chunks) };
}
