/**
 * Messages between the engine and the process of an extension: JSON after its length in four bytes. Both sides limit
 * the length, so neither can fill the memory of the other.
 */

/** The maximum length of a message of a flow, in characters of JSON. */
export const MOST_MESSAGE_CHARS = 8 * 1024 * 1024;
const MOST_FRAME_BYTES = 3 * MOST_MESSAGE_CHARS + 64 * 1024;
const HEADER_BYTES = 4;

export function encodeFrame(value: unknown): Buffer {
  const text = JSON.stringify(value);
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + length);
  frame.writeUInt32BE(length, 0);
  frame.write(text, HEADER_BYTES);
  return frame;
}

/** Returns a function that takes bytes as they arrive, and calls `onFrame` for each message. It throws if one is too long. */
export function frameReader(onFrame: (value: unknown) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let size = 0;
  let wanted: number | undefined;
  const take = (bytes: number): Buffer => {
    const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    chunks = [all.subarray(bytes)];
    size -= bytes;
    return all.subarray(0, bytes);
  };
  return (chunk) => {
    chunks.push(chunk);
    size += chunk.length;
    for (;;) {
      if (wanted === undefined) {
        if (size < HEADER_BYTES) return;
        wanted = take(HEADER_BYTES).readUInt32BE(0);
        if (wanted > MOST_FRAME_BYTES) throw new RangeError('the message is too long');
      }
      if (size < wanted) return;
      const text = take(wanted).toString('utf8');
      wanted = undefined;
      onFrame(JSON.parse(text));
    }
  };
}
