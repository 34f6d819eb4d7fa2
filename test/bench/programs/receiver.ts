/** The district platform: takes POSTs and counts them, and how many different idempotency keys came. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveProgram } from '../measure/program.ts';

export interface Received {
  readonly requests: number;
  readonly keys: number;
}

await serveProgram<object, 'received', Received>(async () => {
  const keys = new Set<string>();
  let requests = 0;
  const head = ['content-type', 'application/json', 'content-length', '12'];
  const server = createServer((request, response) => {
    requests++;
    keys.add(String(request.headers['idempotency-key']));
    request.resume();
    request.on('end', () => response.writeHead(200, head).end('{"taken":1}\n', 'latin1'));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    answer: () => Promise.resolve({ requests, keys: keys.size }),
    stop: () => server.closeAllConnections(),
  };
});
