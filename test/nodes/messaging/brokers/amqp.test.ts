import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { anywhere } from '../../../../engine/testing/anywhere.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import amqp from '../../../../nodes/messaging/brokers/amqp.ts';
import type { Incoming, Outgoing, Subscription, Target } from '../../../../nodes/messaging/brokers/broker.ts';
import { encodeText } from '../../../../nodes/shared/charset/text-charset.ts';
import { eventually } from '../../../conformance/eventually.ts';
import { prepareActiveMq, startActiveMq, type ActiveMqServer } from '../../../servers/activemq.ts';
import { ACTIVEMQ, RABBITMQ_AMQP } from '../brokers-here.ts';
import { brokerConformance } from './conformance.ts';

brokerConformance(ACTIVEMQ);
brokerConformance(RABBITMQ_AMQP);

describe('a client of JMS', { skip: prepareActiveMq() ?? false }, () => {
  let server: ActiveMqServer;
  before(async () => {
    server = await startActiveMq();
  });
  after(() => server?.stop());

  const target = (): Target => ({
    servers: [{ host: '127.0.0.1', port: server.amqpPort }],
    virtualHost: undefined,
    login: { mechanism: 'password', user: server.user, password: server.password },
    tls: undefined,
    ...{ connectTimeoutMs: 5000, timeoutMs: 10_000, outbound: anywhere, clock: wallClock(), clientName: 'kangqiao test' },
  });
  const jms = async (...args: string[]) => {
    const [program, ...fixed] = server.jms;
    const { stdout } = await promisify(execFile)(program, [...fixed, ...args], { timeout: 60_000 });
    return stdout.trim().split('\n');
  };
  const collect = async (destination: string, more: Partial<Subscription> = {}) => {
    const got: Incoming[] = [];
    const subscription = { destination, group: 'g', member: 'm', window: 20, deadLetter: `${destination}.dead`, ...more };
    const consumer = await amqp.consume(target(), subscription, async (incoming) => {
      got.push(incoming);
      return 'stored';
    });
    return { got, stop: () => consumer.stop() };
  };
  const publishTo = async (destination: string, ...messages: readonly Partial<Outgoing>[]) => {
    const publisher = await amqp.openPublisher(target());
    const fixed = { destination, key: undefined, contentType: 'text/plain; charset=UTF-8', headers: {} };
    for (const [index, message] of messages.entries())
      await publisher.publish({ ...fixed, id: `id-${index}`, body: Buffer.from(''), ...message });
    await publisher.close();
  };

  it('sends each kind of message: text, bytes, a map and a stream are read, a Java object is a dead letter', async () => {
    await jms('send', 'from-jms');
    const { got, stop } = await collect('from-jms');
    const letters = await collect('from-jms.dead');
    await eventually(() => got.length === 5 && letters.got.length === 1);
    const [text, bytes, map, stream, empty] = got.map(({ body }) => Buffer.from(body));
    assert.equal(text!.toString(), '挂号成功：张三');
    assert.deepEqual(got[0]!.headers, { hospital: '协和医院', number: '7', subject: 'ADT', 'correlation-id': 'corr-1' });
    assert.deepEqual(bytes, Buffer.from(encodeText('心内科', 'GBK')));
    assert.deepEqual(JSON.parse(map!.toString()), { 姓名: '李四', age: 42, raw: 'AQID' });
    assert.deepEqual(JSON.parse(stream!.toString()), ['流', 1]);
    assert.equal(empty!.length, 0);
    assert.equal(new Set(got.map(({ id }) => id)).size, 5);
    assert.equal(letters.got[0]!.headers['dead-letter-code'], 'MESSAGING_UNREADABLE');
    await Promise.all([stop(), letters.stop()]);
  });

  it('receives text in UTF-8 as a TextMessage, all else as a BytesMessage, with its JMS fields', async () => {
    const gbk = { body: encodeText('心内科', 'GBK'), contentType: 'text/plain; charset=GBK' };
    const headers = { ward: '17', subject: 'ADT', 'correlation-id': 'corr-2' };
    await publishTo('to-jms', { body: Buffer.from('{"姓名":"李四"}'), contentType: 'application/json', headers }, { ...gbk, headers });
    assert.deepEqual(await jms('receive', 'to-jms', '2'), ['text ADT corr-2 17 {"姓名":"李四"}', 'bytes ADT corr-2 17 心内科']);
  });

  it('a topic is received by a durable subscription, also what came while nobody was connected', async () => {
    const first = await collect('topic://wards');
    await publishTo('topic://wards', { body: Buffer.from('m1') });
    await eventually(() => first.got.length === 1);
    await first.stop();
    await publishTo('topic://wards', { body: Buffer.from('m2') });
    const second = await collect('topic://wards');
    await eventually(() => second.got.length === 1);
    assert.equal(Buffer.from(second.got[0]!.body).toString(), 'm2');
    await second.stop();
  });
});
