import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Browsers do not pipeline, and clients that do send a handful. */
export const MOST_WAITING = 32;

export interface PipeliningBound {
  /** False when there is nothing to do for the request any more. */
  admits(request: IncomingMessage, response: ServerResponse): boolean;
  /** Requests of this connection wait for the answers before theirs. */
  hasWaiting(socket: Socket): boolean;
}

/**
 * Bounds the requests of one connection that wait for the answers before theirs (HTTP pipelining): beyond the bound the connection ends, for
 * otherwise one caller could have a hundred thousand requests carried out at once. `most`: the bound for a request that waits.
 * Node tells a waiting response nothing when its connection ends, so it is told here: what was taken for it is given back.
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
      // The rest of what was read with the request that ended the connection.
      if (socket.destroyed) return false;
      // A response that has the socket waits for nobody.
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
