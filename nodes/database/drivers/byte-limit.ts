import type { Socket } from 'node:net';

/** Drops a connection whose server sends more than is allowed: a driver reads a row whole before it hands it over. */
export class ByteLimit {
  readonly #socket: Socket;
  #allowed = Infinity;

  /** `stream` emits the data: with TLS on a connected socket the plain socket emits none, but it counts the bytes. */
  constructor(socket: Socket, stream: Pick<Socket, 'on'> = socket) {
    this.#socket = socket;
    stream.on('data', () => {
      if (this.isExceeded) socket.destroy();
    });
  }

  /** Sets how many bytes the server may send from now on. */
  allow(bytes: number): void {
    this.#allowed = this.#socket.bytesRead + bytes;
  }

  get isExceeded(): boolean {
    return this.#socket.bytesRead > this.#allowed;
  }
}
