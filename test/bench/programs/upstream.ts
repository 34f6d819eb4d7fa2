/** The service behind: reads the request and answers a fixed JSON text of `bytes` bytes, or its own `text`. As light as node:http allows. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveProgram } from '../measure/program.ts';

await serveProgram<{ readonly text: string }>(async ({ text }) => {
  const body = Buffer.from(text).toString('latin1');
  const head = ['content-type', 'application/json', 'content-length', String(body.length)];
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(200, head).end(body, 'latin1'));
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, stop: () => server.closeAllConnections() };
});
