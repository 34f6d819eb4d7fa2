/** A service with few workers and a queue without a limit, as many business systems have it: calls beyond its workers wait. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveProgram } from '../measure/program.ts';

interface Options {
  readonly workers: number;
  readonly workMs: number;
}

await serveProgram<Options, { readonly workers?: number }, number>(async ({ workers: atFirst, workMs }) => {
  const waiting: ServerResponse[] = [];
  let workers = atFirst;
  let busy = 0;
  let done = 0;
  const next = () => {
    while (busy < workers && waiting.length > 0) {
      const response = waiting.shift()!;
      busy++;
      setTimeout(() => {
        busy--;
        done++;
        response.end('{}');
        next();
      }, workMs);
    }
  };
  const server = createServer((_request, response) => {
    waiting.push(response);
    next();
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    answer: (change) => {
      workers = change.workers ?? workers;
      return Promise.resolve(done);
    },
    stop: () => server.closeAllConnections(),
  };
});
