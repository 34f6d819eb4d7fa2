import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { anywhere } from '../../../engine/testing/anywhere.ts';
import { createOutboundGuard } from '../../../engine/outbound/create-outbound-guard.ts';
import { createFetchDocument } from '../../../gateways/upstream/fetch-document.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
}

test('returns the document', async (t) => {
  const url = await serve(t, (_request, response) => void response.end('{"keys":[]}'));
  assert.equal(Buffer.from(await createFetchDocument(anywhere, () => {})(url)).toString(), '{"keys":[]}');
});

test('a redirect, an error, too large a document and no server at all are failures that may pass', async (t) => {
  const other = await serve(t, (_request, response) => void response.end('{"keys":[]}'));
  const urls = [
    await serve(t, (_request, response) => void response.writeHead(302, { location: other }).end()),
    await serve(t, (_request, response) => void response.writeHead(500).end('{"keys":[]}')),
    await serve(t, (_request, response) => void response.end(Buffer.alloc(300 * 1024, ' '))),
    await serve(t, (_request, response) => void response.destroy()),
  ];
  for (const url of urls)
    await assert.rejects(createFetchDocument(anywhere, () => {})(url), { code: 'DOCUMENT_NOT_FETCHED', kind: 'transient' });
});

test('an address that connections may not go to is never called', async (t) => {
  let calls = 0;
  const url = await serve(t, (_request, response) => {
    calls++;
    response.end();
  });
  const guard = createOutboundGuard({ isExcepted: () => false, ownPorts: new Set() });
  const refused: string[] = [];
  await assert.rejects(createFetchDocument(guard, ({ code }) => void refused.push(code!))(url));
  assert.deepEqual([calls, refused], [0, ['OUTBOUND_REFUSED']]);
});
