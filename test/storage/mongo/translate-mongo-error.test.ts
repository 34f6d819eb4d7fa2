import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { LostAnswer } from '../../../storage/revisioned/revisioned-table.ts';
import { translateMongoError, translateWriteError } from '../../../storage/mongo/translate-mongo-error.ts';

/** What Node says to a write on this socket. */
const refusal = (socket: Socket) => new Promise<Error>((resolve) => socket.write('x', (error) => (error ? resolve(error) : undefined)));

test('what Node says of a connection that is over means that the store is away, also where no system call is named', async (t) => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  // The driver's own writes come in this state for a moment: the other side has ended, the socket is not closed yet.
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1').resume();
  const ended = new Promise<Error>((resolve) => socket.once('end', () => void refusal(socket.end()).then(resolve)));
  socket.on('error', () => undefined);
  const destroyed = connect(port, '127.0.0.1').on('error', () => undefined);
  destroyed.destroy();
  for (const error of [await ended, await refusal(destroyed)]) {
    const told = translateMongoError(error) as { readonly code?: string; readonly kind?: string };
    assert.deepEqual([told.code, told.kind], ['STORE_DOWN', 'transient'], String(error));
    assert.ok(translateWriteError(error) instanceof LostAnswer, `it is looked up whether the write was done: ${error.message}`);
  }
});

test('a fault of our own stays what it is', () => {
  for (const code of ['ERR_INVALID_ARG_TYPE', 'ERR_STREAM_NULL_VALUES']) {
    const fault = Object.assign(new TypeError('wrong'), { code });
    assert.equal(translateMongoError(fault), fault);
  }
});
