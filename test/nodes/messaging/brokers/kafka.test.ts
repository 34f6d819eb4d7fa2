import { after, before, describe, it } from 'node:test';
import assert from 'node:assert/strict';
import { anywhere } from '../../../../engine/testing/anywhere.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import type { Target } from '../../../../nodes/messaging/brokers/broker.ts';
import kafka from '../../../../nodes/messaging/brokers/kafka.ts';
import { startKafka } from '../../../servers/kafka.ts';
import { createAuthority } from '../../../support/certificates.ts';
import { KAFKA, type TestBroker } from '../brokers-here.ts';
import { brokerConformance, failsWith } from './conformance.ts';

brokerConformance(KAFKA);

describe('Kafka over TLS', { skip: KAFKA.skip ?? false }, () => {
  it('checks the chain and the name of the certificate, also for the brokers that the cluster names', async (t) => {
    const [own, foreign] = [await createAuthority(), await createAuthority()];
    const server = await startKafka({ tls: await own.issue('kafka', 'kafka.example') });
    t.after(() => server.stop());
    const target = (tls: NonNullable<Target['tls']>): Target => ({
      servers: [{ host: '127.0.0.1', port: server.tlsPort! }],
      ...{ virtualHost: undefined, login: undefined, tls, connectTimeoutMs: 5000, timeoutMs: 10_000 },
      ...{ outbound: anywhere, clock: wallClock(), clientName: 'kangqiao test' },
    });
    const failed = failsWith('MESSAGING_CONNECT_FAILED', 'transient');
    await assert.rejects(kafka.describe(target({ ca: own.ca, serverName: 'other.example' })), failed);
    await assert.rejects(kafka.describe(target({ ca: foreign.ca, serverName: 'kafka.example' })), failed);
    await assert.rejects(kafka.describe(target({ serverName: 'kafka.example' })), failed);
    const trusted = target({ ca: own.ca, serverName: 'kafka.example' });
    assert.match(await kafka.describe(trusted), /^Kafka /);
    const publisher = await kafka.openPublisher(trusted);
    const message = { destination: 'nowhere', key: undefined, id: 'id', contentType: 'text/plain', headers: {}, body: Buffer.from('x') };
    await assert.rejects(publisher.publish(message), failsWith('MESSAGING_DESTINATION_UNKNOWN', 'input'));
    await publisher.close();
  });
});

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
