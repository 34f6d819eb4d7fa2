import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Maximum number of waiting requests per connection. Browsers do not pipeline, and clients that do send only a few
 * requests at once.
 */
export const MOST_WAITING = 32;

export interface PipeliningBound {
  /** Returns false when the request must not be handled, because its connection is closed. */
  admits(request: IncomingMessage, response: ServerResponse): boolean;
  /** Returns whether requests of this connection wait for earlier responses. */
  hasWaiting(socket: Socket): boolean;
}

/**
 * Limits the requests of one connection that wait for earlier responses (HTTP pipelining). Beyond the limit the
 * connection is closed. Otherwise one caller could start a hundred thousand requests at once. `most` returns the limit
 * for a new request. When a connection closes, Node sends no event to its waiting responses. So this code sends the
 * event, and their resources are freed.
 */
export function createPipeliningBound(most: (request: IncomingMessage) => number): PipeliningBound {
  const waiting = new WeakMap<Socket, Set<ServerResponse>>();

  function waitingAt(socket: Socket): Set<ServerResponse> {
    const known = waiting.get(socket);
    if (known !== undefined) return known;
    const made = new Set<ServerResponse>();
    waiting.set(socket, made);
    socket.once('close', () => {
      for (const response of made) if (response.socket === null) leave(response);
    });
    return made;
  }

  return {
    admits(request, response) {
      const { socket } = request;
      // The parser may have read further requests together with the one that exceeded the limit.
      if (socket.destroyed) return false;
      // A response that already has the socket does not wait for an earlier response.
      if (response.socket !== null) return true;
      const others = waitingAt(socket);
      if (others.size >= most(request)) {
        socket.destroy();
        return false;
      }
      others.add(response);
      const waitsNoMore = () => others.delete(response);
      response.once('socket', waitsNoMore).once('close', waitsNoMore);
      return true;
    },
    hasWaiting: (socket) => (waiting.get(socket)?.size ?? 0) > 0,
  };
}

function leave(response: ServerResponse): void {
  response.destroy();
  response.emit('close');
}
