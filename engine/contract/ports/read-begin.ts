export interface Begun<T> {
  readonly begin: readonly T[];
  /** True if the stream ended there. */
  readonly isWhole: boolean;
  /** Yields what was read ahead, then the rest. */
  readonly content: AsyncIterable<T>;
}

/** Reads at least so many bytes of a stream, or all of it. */
export async function readBegin<T extends Uint8Array>(stream: AsyncIterable<T>, leastBytes: number): Promise<Begun<T>> {
  const rest = stream[Symbol.asyncIterator]();
  const begin: T[] = [];
  let isWhole = false;
  for (let sizeBytes = 0; sizeBytes < leastBytes && !isWhole;) {
    const next = await rest.next();
    isWhole = next.done === true;
    if (next.done === true) continue;
    begin.push(next.value);
    sizeBytes += next.value.byteLength;
  }
  const again = begin.values();
  const iterator: AsyncIterator<T> = {
    async next() {
      const next = again.next();
      return next.done === true ? rest.next() : next;
    },
    // A generator would not close the stream if it never started.
    return: async () => (await rest.return?.()) ?? { done: true, value: undefined },
  };
  return { begin, isWhole, content: { [Symbol.asyncIterator]: () => iterator } };
}
