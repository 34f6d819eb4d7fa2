import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { createMessage } from '../../../engine/contract/values/message.ts';
import { anywhere } from '../../../engine/testing/anywhere.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import { createAskProvider } from '../../../gateways/relations/ask-provider.ts';
import { createPools } from '../../../gateways/upstream/create-pools.ts';
import { buildInterface } from '../support/city-plan.ts';

const seen: string[] = [];
let reply: { status: number; body: string } = { status: 200, body: '{"ids":["a"]}' };
const service = createServer((incoming, response) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    seen.push(`${incoming.method} ${incoming.url} ${Buffer.concat(chunks).toString()}`);
    response.writeHead(reply.status).end(reply.body);
  });
});
const pools = createPools(anywhere, () => {});
before(() => once(service.listen(0, '127.0.0.1'), 'listening'));
after(async () => {
  await pools.close();
  service.close();
});

const question = { relation: 'family', subject: 'u/1' };
const ask = (document: Partial<InterfaceDocument>, call = () => Promise.reject<never>(new Error('no flow'))) =>
  createAskProvider({ clock: fakeClock(0), pools, runFlow: { mode: () => 'sync', call } })(buildInterface(document), question, {
    traceId: 't',
    signal: new AbortController().signal,
  });
const upstream = (): InterfaceDocument['target'] => ({
  kind: 'upstream',
  instances: [`http://127.0.0.1:${(service.address() as AddressInfo).port}/v2`],
});

test('asks a service in its body, or for GET in the query', async () => {
  assert.deepEqual(await ask({ path: '/kin', target: upstream() }), { ids: ['a'] });
  assert.deepEqual(await ask({ path: '/kin', method: 'GET', target: upstream() }), { ids: ['a'] });
  assert.deepEqual(seen, ['POST /v2/kin {"relation":"family","subject":"u/1"}', 'GET /v2/kin?relation=family&subject=u%2F1 ']);
});

test('rejects if the service answers anything but JSON with 200, or too much', async () => {
  for (const wrong of [
    { status: 404, body: '{"ids":[]}' },
    { status: 200, body: 'ids' },
    { status: 200, body: '{"ids":[],"ids":["a"]}' },
    { status: 200, body: `{"ids":["${'a'.repeat(1024 * 1024)}"]}` },
  ]) {
    reply = wrong;
    await assert.rejects(ask({ path: '/kin', target: upstream() }));
  }
});

test('asks the next instance if one does not reply', async () => {
  reply = { status: 200, body: '{"ids":["c"]}' };
  const { port } = service.address() as AddressInfo;
  const instances = ['http://127.0.0.1:1', `http://127.0.0.1:${port}`];
  assert.deepEqual(await ask({ path: '/kin', target: { kind: 'upstream', instances } }), { ids: ['c'] });
});

test('asks a flow, and takes only a reply with 200', async () => {
  const replied = (status: number) =>
    ask({ target: { kind: 'flow', flowId: 'flw_kin' } }, () =>
      Promise.resolve({
        outcome: 'replied',
        executionId: 'e',
        repeated: false,
        reply: { status, headers: {}, message: createMessage({ ids: ['b'] }) },
      } as never),
    );
  assert.deepEqual(await replied(200), { ids: ['b'] });
  await assert.rejects(replied(500));
});
