import type { Writable } from 'node:stream';
import type { ImapFlow } from 'imapflow';

/**
 * Small responses cost the client far more than their bytes, so it parses this much at a time and then lets other
 * work run.
 */
const SLICE_BYTES = 2048;

export interface Meter {
  /** The server may send this many more bytes. */
  allow(bytes: number): void;
  isOver(): boolean;
}

/**
 * Counts what a server sends before the client reads it, and cuts the connection beyond the limit: the client's own
 * limits apply to one response, and endless lists come in small ones. It sits in front of the client's parser, which
 * offers no hook for it.
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
