import type { Writable } from 'node:stream';
import type { ImapFlow } from 'imapflow';

/**
 * The client parses this many bytes at a time, and other work runs in between. Without these breaks, many small
 * responses would block the event loop, because parsing them costs far more time per byte.
 */
const SLICE_BYTES = 2048;

export interface Meter {
  /** Sets how many more bytes the server may send. */
  allow(bytes: number): void;
  isOver(): boolean;
}

/**
 * Counts the bytes from the server before the client parses them, and closes the connection when they exceed the limit.
 * The client's own limits apply to a single response only, so a server could send endless small ones. The client's
 * parser has no hook for counting, so the meter replaces the parser's method `write`.
 */
export function meterMailbox(client: ImapFlow, bytes: number): Meter {
  const { streamer } = client as ImapFlow & { readonly streamer: Writable };
  const write = streamer.write.bind(streamer) as (chunk: Buffer) => boolean;
  const end = streamer.end.bind(streamer);
  const waiting: Buffer[] = [];
  let left = bytes;
  let isPumping = false;
  let isEnding = false;

  function pump(): void {
    const chunk = waiting.shift();
    if (streamer.destroyed) return;
    if (chunk === undefined) {
      isPumping = false;
      if (isEnding) end();
      else streamer.emit('drain');
      return;
    }
    if (chunk.length > SLICE_BYTES) waiting.unshift(chunk.subarray(SLICE_BYTES));
    if (write(chunk.subarray(0, SLICE_BYTES))) setImmediate(pump);
    else streamer.once('drain', () => setImmediate(pump));
  }

  streamer.write = ((chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) {
      client.close();
      return false;
    }
    waiting.push(chunk);
    if (!isPumping) {
      isPumping = true;
      pump();
    }
    return !isPumping;
  }) as Writable['write'];
  streamer.end = (() => {
    isEnding = true;
    if (!isPumping) end();
    return streamer;
  }) as Writable['end'];

  return {
    allow(more) {
      left = more;
    },
    isOver: () => left < 0,
  };
}
