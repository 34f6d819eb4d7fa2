/** A local server in place of control, which records what it is asked and answers what the test says. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { buffer } from 'node:stream/consumers';

export interface Asked {
  /** Method and path with its query. */
  readonly line: string;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  /** The bytes as JSON. */
  readonly body: unknown;
}

export async function recordingControl(t: TestContext, answer: (response: ServerResponse, asked: Asked) => void) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void read(request).then((one) => {
      asked.push(one);
      answer(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  t.after(close);
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close };
}

async function read(request: IncomingMessage): Promise<Asked> {
  const bytes = await buffer(request);
  const isJson = request.headers['content-type']?.startsWith('application/json') === true;
  const body: unknown = isJson && bytes.length > 0 ? JSON.parse(bytes.toString('utf8')) : undefined;
  return { line: `${request.method} ${request.url}`, headers: request.headers, bytes, body };
}
