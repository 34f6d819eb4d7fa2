import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { anywhere } from '../../../../engine/testing/anywhere.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import type { Outgoing, Target } from '../../../../nodes/messaging/brokers/broker.ts';
import rabbitmq from '../../../../nodes/messaging/brokers/rabbitmq.ts';
import { eventually } from '../../../conformance/eventually.ts';
import { prepareRabbitmq, startRabbitmq, type RabbitmqServer } from '../../../servers/rabbitmq.ts';
import { createAuthority, type Authority } from '../../../support/certificates.ts';
import { RABBITMQ, withRabbitmq } from '../brokers-here.ts';
import { brokerConformance, failsWith } from './conformance.ts';

brokerConformance(RABBITMQ);

describe('RabbitMQ alone', { skip: prepareRabbitmq() ?? false }, () => {
  let own: Authority;
  let server: RabbitmqServer;
  before(async () => {
    own = await createAuthority();
    server = await startRabbitmq({ tls: await own.issue('mq', 'mq.example') });
  });
  after(() => server?.stop());

  const target = (changed: Partial<Target> = {}): Target => ({
    servers: [{ host: '127.0.0.1', port: server.port }],
    virtualHost: undefined,
    login: { mechanism: 'password', user: 'guest', password: 'guest' },
    tls: undefined,
    connectTimeoutMs: 5000,
    timeoutMs: 10_000,
    outbound: anywhere,
    clock: wallClock(),
    clientName: 'kangqiao test',
    ...changed,
  });
  const message = (destination: string, key?: string): Outgoing => ({
    ...{ destination, key, id: 'id-1', contentType: 'text/plain', headers: {}, body: Buffer.from('x') },
  });

  it('checks the chain and the name of the certificate', async () => {
    const foreign = await createAuthority();
    const servers = [{ host: '127.0.0.1', port: server.tlsPort! }];
    const describeBy = (tls: NonNullable<Target['tls']>) => rabbitmq.describe(target({ servers, tls }));
    assert.match(await describeBy({ ca: own.ca, serverName: 'mq.example' }), /^RabbitMQ \d/);
    const failed = failsWith('MESSAGING_CONNECT_FAILED', 'transient');
    await assert.rejects(describeBy({ ca: own.ca, serverName: 'other.example' }), failed);
    await assert.rejects(describeBy({ ca: foreign.ca, serverName: 'mq.example' }), failed);
    await assert.rejects(describeBy({ serverName: 'mq.example' }), failed);
    await assert.rejects(rabbitmq.describe(target({ virtualHost: 'nowhere' })), failsWith('MESSAGING_LOGIN_REFUSED', 'input'));
  });

  it('publishes to an exchange by the key, and says when no queue takes the message', async () => {
    await withRabbitmq(server.url, async (model) => {
      const channel = await model.createChannel();
      await channel.assertQueue('wards', { durable: true });
      await channel.bindQueue('wards', 'amq.topic', 'ward.*');
    });
    const publisher = await rabbitmq.openPublisher(target());
    await publisher.publish(message('/exchange/amq.topic', 'ward.17'));
    await assert.rejects(publisher.publish(message('/exchange/amq.topic', 'bed.1')), failsWith('MESSAGING_DESTINATION_UNKNOWN', 'input'));
    await publisher.close();
    const keys: (string | undefined)[] = [];
    const subscription = { destination: 'wards', group: 'g', member: 'm', window: 10, deadLetter: 'wards.dead' };
    const consumer = await rabbitmq.consume(target(), subscription, async ({ key }) => {
      keys.push(key);
      return 'stored';
    });
    await eventually(() => keys.length === 1);
    assert.deepEqual(keys, ['ward.17']);
    await consumer.stop();
  });

  it('while the broker lacks memory, publishing is refused as transient at once', async () => {
    await withRabbitmq(server.url, async (model) => void (await (await model.createChannel()).assertQueue('full', { durable: true })));
    const publisher = await rabbitmq.openPublisher(target());
    await publisher.publish(message('full'));
    server.lackMemory(true);
    // The broker tells a connection when it publishes.
    const waiting = publisher.publish(message('full'));
    const isRefused = () =>
      publisher.publish(message('full')).then(
        () => false,
        (error: unknown) => failsWith('MESSAGING_NOT_TAKEN', 'transient')(error),
      );
    await eventually(() => Promise.race([isRefused(), pause(20, false)]));
    server.lackMemory(false);
    await waiting;
    await eventually(() =>
      publisher.publish(message('full')).then(
        () => true,
        () => false,
      ),
    );
    await publisher.close();
  });
});
