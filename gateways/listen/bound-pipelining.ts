import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Browsers do not pipeline, and clients that do send a handful. */
export const MOST_WAITING = 32;

export interface PipeliningBound {
  /** False when the request needs no further handling. */
  admits(request: IncomingMessage, response: ServerResponse): boolean;
  /** Whether requests of this connection wait for earlier responses. */
  hasWaiting(socket: Socket): boolean;
}

/**
 * Limits the requests of one connection that wait for earlier responses (HTTP pipelining). Beyond the limit the
 * connection is closed; otherwise one caller could start a hundred thousand requests at once. `most`: the limit that
 * applies to the new request. Node sends a waiting response no event when its connection closes, so this code does,
 * and its resources are freed.
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
      // Further requests that were read together with the one that closed the connection.
      if (socket.destroyed) return false;
      // A response that has the socket waits for no other.
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
