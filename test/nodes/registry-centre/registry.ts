/** A registry centre in plain HTTP for tests, and how it is asked. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { FindInstancesContext } from '../../../engine/contract/node/find-instances.ts';
import { anywhere } from '../../../engine/testing/anywhere.ts';
import { resolveAdapter } from '../../../engine/testing/run-node.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export async function startRegistry(
  t: Pick<TestContext, 'after'>,
  answer: (asked: Asked, response: ServerResponse) => unknown,
): Promise<{ readonly address: string; readonly asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = { method: request.method!, url: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() };
      asked.push(one);
      const body = answer(one, response);
      if (body === undefined) return;
      response.setHeader('content-type', 'application/json');
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

export function askingWith(settings: Record<string, unknown>, more: Partial<FindInstancesContext> = {}): FindInstancesContext {
  return {
    adapter: resolveAdapter('registry-centre', { settings, limits: { timeoutMs: 2000, connectTimeoutMs: 1000 } }),
    ...{ outbound: anywhere, signal: new AbortController().signal, clock: wallClock(), waitMs: 1000 },
    secret: async () => 'lab:secret',
    ...more,
  };
}
