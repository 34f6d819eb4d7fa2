import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { anywhere } from '../../../../engine/testing/anywhere.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import kafka from '../../../../nodes/messaging/brokers/kafka.ts';
import { KAFKA, type TestBroker } from '../brokers-here.ts';
import { brokerConformance, failsWith } from './conformance.ts';

brokerConformance(KAFKA);

describe('Kafka alone', { skip: KAFKA.skip ?? false }, () => {
  let server: TestBroker;
  before(async () => {
    server = await KAFKA.start();
    await server.create('large');
  });
  after(() => server?.stop());

  it('a message larger than the broker takes is refused, and those beside it are stored', async () => {
    const publisher = await kafka.openPublisher({
      ...server.target,
      ...{ virtualHost: undefined, tls: undefined, connectTimeoutMs: 5000, timeoutMs: 10_000 },
      ...{ outbound: anywhere, clock: wallClock(), clientName: 'kangqiao test' },
    });
    const publish = (body: Buffer) =>
      publisher.publish({ destination: 'large', key: undefined, id: 'id', contentType: 'text/plain', headers: {}, body });
    const [first, large, last] = await Promise.allSettled([
      publish(Buffer.from('a')),
      publish(Buffer.alloc(1_500_000, 'x')),
      publish(Buffer.from('b')),
    ]);
    assert.deepEqual([first.status, last.status], ['fulfilled', 'fulfilled']);
    failsWith('MESSAGING_TOO_LARGE', 'input')((large as PromiseRejectedResult).reason);
    await publisher.close();
  });
});
