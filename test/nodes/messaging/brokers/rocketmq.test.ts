import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { createOutboundGuard } from '../../../../engine/outbound/create-outbound-guard.ts';
import type { Incoming, Outgoing, Target, Verdict } from '../../../../nodes/messaging/brokers/broker.ts';
import rocketmq from '../../../../nodes/messaging/brokers/rocketmq/rocketmq.ts';
import { eventually } from '../../../conformance/eventually.ts';
import { startFaultProxy } from '../../../servers/fault-proxy.ts';
import { startRocketMq, type RocketMqServer } from '../../../servers/rocketmq.ts';
import { createAuthority } from '../../../support/certificates.ts';
import { ROCKETMQ, reached } from '../brokers-here.ts';
import { brokerConformance, failsWith } from './conformance.ts';

brokerConformance(ROCKETMQ);

describe('RocketMQ alone', { skip: ROCKETMQ.skip ?? false }, () => {
  let server: RocketMqServer;
  let authority: Awaited<ReturnType<typeof createAuthority>>;
  before(async () => {
    authority = await createAuthority();
    server = await startRocketMq({ tls: await authority.issue('rocketmq', 'rocketmq.example') });
    await server.createGroup('readers', { isOrdered: false, retries: 100_000 });
    await server.createTopic('labs', 'NORMAL', 4);
    await server.createTopic('orders', 'FIFO', 2);
    await server.createTopic('dead', 'NORMAL', 1);
  });
  after(() => server?.stop());

  const target = (more: Partial<Target> = {}): Target => ({
    ...reached({
      servers: [{ host: '127.0.0.1', port: server.port }],
      login: { mechanism: 'password', user: server.accessKey, password: server.secretKey },
    }),
    ...more,
  });
  const outgoing = (destination: string, text: string, key?: string): Outgoing => ({
    ...{ destination, key, id: `id-${text}`, contentType: 'text/plain', headers: {}, body: Buffer.from(text) },
  });
  const consume = async (t: TestContext, destination: string, group: string, verdict: (text: string) => Verdict) => {
    const got: Incoming[] = [];
    const subscription = { destination, group, member: group, window: 100, deadLetter: 'dead' };
    const consumer = await rocketmq.consume(target(), subscription, async (incoming) => {
      got.push(incoming);
      return verdict(String(incoming.body));
    });
    t.after(() => consumer.stop());
    return got;
  };

  it('hands out the messages of a topic without order, and keeps the refused ones', async (t) => {
    const publisher = await rocketmq.openPublisher(target());
    t.after(() => publisher.close());
    await Promise.all(Array.from({ length: 200 }, (_, n) => publisher.publish(outgoing('labs', `m${n}`, 'visit 1'))));
    const dead = { dead: { code: 'FLOW_REFUSED', message: 'No visit number.' } };
    const got = await consume(t, 'labs', 'readers', (text) => (text === 'm7' ? dead : 'stored'));
    const letters = await consume(t, 'dead', 'readers', () => 'stored');
    await eventually(() => got.length >= 200 && letters.length >= 1);
    assert.equal(new Set(got.map(({ id }) => id)).size, 200);
    const [{ id, key, headers }] = letters as [Incoming];
    assert.deepEqual([id, key, headers['dead-letter-origin']], ['id-m7', 'visit 1', 'labs']);
  });

  it('refuses a consumer group that would lose the order or put messages aside', async (t) => {
    await server.createGroup('few', { isOrdered: true, retries: 16 });
    const unfit = failsWith('MESSAGING_GROUP_UNFIT', 'input');
    await assert.rejects(
      consume(t, 'orders', 'readers', () => 'stored'),
      unfit,
    );
    await assert.rejects(
      consume(t, 'orders', 'few', () => 'stored'),
      unfit,
    );
    await assert.rejects(
      consume(t, 'labs', 'nobody-created-this', () => 'stored'),
      unfit,
    );
  });

  it('checks the certificate, and connects only where it is allowed, also to addresses that the proxy names', async (t) => {
    const { ca } = authority;
    const { ca: foreign } = await createAuthority();
    const describeBy = (tls: NonNullable<Target['tls']>) => rocketmq.describe(target({ tls, connectTimeoutMs: 3000 }));
    assert.match(await describeBy({ ca, serverName: 'rocketmq.example' }), /^RocketMQ 5/);
    const failed = failsWith('MESSAGING_CONNECT_FAILED', 'transient');
    await assert.rejects(describeBy({ ca, serverName: 'other.example' }), failed);
    await assert.rejects(describeBy({ ca: foreign, serverName: 'rocketmq.example' }), failed);

    const entrance = await startFaultProxy({ targetPort: server.port });
    t.after(() => entrance.stop());
    const outbound = createOutboundGuard({ isExcepted: (_host, _address, port) => port === entrance.port });
    const publisher = await rocketmq.openPublisher(target({ outbound, servers: [{ host: '127.0.0.1', port: entrance.port }] }));
    t.after(() => publisher.close());
    await assert.rejects(publisher.publish(outgoing('labs', 'm1')), failsWith('OUTBOUND_REFUSED', 'input'));
  });
});
