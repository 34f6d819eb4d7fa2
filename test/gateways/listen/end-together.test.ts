import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { HttpExchange } from '../../../gateways/listen/exchange.ts';
import { endTogether } from '../../../gateways/listen/end-together.ts';
import { writeAnswer } from '../../../gateways/listen/write-answer.ts';
import type { CompiledFront } from '../../../gateways/pipeline/compile-front.ts';
import { runExchange } from '../../../gateways/pipeline/run-exchange.ts';

/** A server that responds when this many requests wait; and a caller that sends one on its own connection and reads until the end. */
async function serving(t: TestContext, waiting: number, answer: (responses: readonly ServerResponse[]) => void) {
  const responses: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    response.setHeader('connection', 'close');
    if (responses.push(response) === waiting)
      answer(responses.toSorted((a, b) => Number(a.req.url!.slice(1)) - Number(b.req.url!.slice(1))));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return (path: string) => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const received = new Promise<string>((resolve) => {
      let text = '';
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
      socket.on('close', () => resolve(text));
    });
    return { socket, received };
  };
}

test('gives each of the answers that end in one turn to its own caller', async (t) => {
  const call = await serving(t, 40, (responses) => responses.forEach((response, index) => endTogether(response, `<${index}>`)));
  const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => call(`/${index}`).received));
  answers.forEach((text, index) => assert.match(text, new RegExp(`^HTTP/1.1 200 [\\s\\S]*<${index}>`)));
});

test('a caller who has gone meanwhile takes nobody’s answer along', async (t) => {
  const call = await serving(t, 3, (responses) => {
    for (const response of responses) endTogether(response, 'all');
    responses[1]!.destroy();
  });
  const [first, gone, last] = await Promise.all(['/0', '/1', '/2'].map((path) => call(path).received));
  assert.match(first!, /all/);
  assert.equal(gone, '');
  assert.match(last!, /all/);
});

test('tells GW50001 when the gateway itself fails, and breaks an answer off that has begun', async (t) => {
  const bug = () => {
    throw new Error('planted');
  };
  const front = { early: [bug], log: [] } as unknown as CompiledFront;
  const told: unknown[] = [];
  const call = await serving(t, 2, ([before, after]) => {
    after!.write('part of it');
    for (const response of [before!, after!]) {
      const exchange = new HttpExchange('bus', response.req, response, 0, 1000);
      void runExchange(exchange, front, { now: () => 0, isClosing: () => false, onBug: (error) => told.push(error) });
      assert.equal(writeAnswer(exchange, { status: 200, headers: {}, body: Buffer.from('late') }, false), false);
    }
  });
  const [before, after] = await Promise.all(['/0', '/1'].map((path) => call(path).received));
  assert.match(before!, /^HTTP\/1.1 500 [\s\S]*GW50001/);
  assert.doesNotMatch(`${before}${after}`, /late|planted/);
  assert.doesNotMatch(after!, /0\r\n\r\n$/);
  assert.equal(told.length, 2);
});
