import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Redis } from 'ioredis';
import type { Incoming, Target } from '../../../../nodes/messaging/brokers/broker.ts';
import redis from '../../../../nodes/messaging/brokers/redis.ts';
import { eventually } from '../../../conformance/eventually.ts';
import { REDIS, reached } from '../brokers-here.ts';
import { startRedis } from '../../../servers/redis.ts';
import { createAuthority } from '../../../support/certificates.ts';
import { brokerConformance, failsWith } from './conformance.ts';

brokerConformance(REDIS);

describe('Redis alone', { skip: REDIS.skip ?? false }, () => {
  it('reads entries of other programs as JSON, and goes on after entries that were trimmed before they were read', async (t) => {
    const server = await REDIS.start();
    t.after(() => server.stop());
    const other = new Redis(server.target.servers[0]!.port, '127.0.0.1', { password: 'lab-secret' });
    t.after(() => other.quit());
    await other.xadd('labs', '*', 'visit', 'V1', 'ward', '心内科');
    await other.xadd('labs', '*', 'visit', 'V2');
    await other.xgroup('CREATE', 'labs', 'g', '0');
    await other.xreadgroup('GROUP', 'g', 'm', 'COUNT', 1, 'STREAMS', 'labs', '>');
    await other.xtrim('labs', 'MAXLEN', 1);
    const got: Incoming[] = [];
    const subscription = { destination: 'labs', group: 'g', member: 'm', window: 5, deadLetter: 'labs.dead' };
    const consumer = await redis.consume(reached(server.target), subscription, async (incoming) => {
      got.push(incoming);
      return 'stored';
    });
    await eventually(() => got.length === 1);
    const [{ body, contentType, place }] = got as [Incoming];
    assert.deepEqual([JSON.parse(String(body)), contentType], [{ visit: 'V2' }, 'application/json']);
    assert.match(place!, /^labs\/\d+-\d+$/);
    await consumer.stop();
    assert.deepEqual((await other.xpending('labs', 'g'))[0], 0);
  });

  // The socket that every client but those of RabbitMQ and Kafka is handed.
  it('checks the chain and the name of the certificate', async (t) => {
    const [own, foreign] = [await createAuthority(), await createAuthority()];
    const server = await startRedis({ tls: await own.issue('redis', 'redis.example') });
    t.after(() => server.stop());
    const describeBy = (tls: NonNullable<Target['tls']>) => {
      const target = reached({ servers: [{ host: '127.0.0.1', port: server.port }], login: undefined });
      return redis.describe({ ...target, tls, connectTimeoutMs: 3000 });
    };
    assert.match(await describeBy({ ca: own.ca, serverName: 'redis.example' }), /^Redis \d/);
    const failed = failsWith('MESSAGING_CONNECT_FAILED', 'transient');
    await assert.rejects(describeBy({ ca: own.ca, serverName: 'other.example' }), failed);
    await assert.rejects(describeBy({ ca: own.ca }), failed);
    await assert.rejects(describeBy({ ca: foreign.ca, serverName: 'redis.example' }), failed);
    await assert.rejects(describeBy({ serverName: 'redis.example' }), failed);
  });
});
