// @never-rerun: a single failure is a failure.
/**
 * Messages of 1 KB go from one queue or topic through a durable flow into another one, while the broker is killed and started again in the
 * middle. KQ_TEST_MESSAGES sets how many; KQ_TEST_KILLS how often.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import type { Broker, Incoming, Publisher, Target } from '../../nodes/messaging/brokers/broker.ts';
import { ACTIVEMQ, KAFKA, MQTT, RABBITMQ, REDIS, ROCKETMQ, STOMP, reached, type TestBroker } from '../nodes/messaging/brokers-here.ts';
import { openCity } from '../support/city.ts';
import { chainFlow, openPlatformApi } from '../support/platform-api.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

const MESSAGES = Number(process.env['KQ_TEST_MESSAGES'] ?? 20_000);
const KILLS = Number(process.env['KQ_TEST_KILLS'] ?? 1);
/** Every so many messages one cannot be read. */
const POISON_EVERY = 500;
const SENDERS = 200;
/** The group that reads a destination for the test. Kafka and MQTT do not let two readers share one. */
const readerOf = (destination: string) => `test-${destination}`;
const FILLER = 'x'.repeat(900);
const isPoison = (number: number) => number % POISON_EVERY === 7;

for (const kind of [RABBITMQ, KAFKA, ACTIVEMQ, MQTT, REDIS, STOMP, ROCKETMQ])
  describe(`a feed through ${kind.name}`, { skip: kind.skip ?? false }, () => {
    let server: TestBroker;
    let broker: Broker;
    let scratch: string;
    let platform: Platform;
    const { deadSuffix = '.dead' } = kind;
    const names = { from: 'lab-results', to: 'lab-results-out', dead: `lab-results${deadSuffix}` };

    before(async () => {
      server = await kind.start();
      broker = await kind.load();
      await server.create(names.from, 'flw_feed');
      for (const name of [names.to, names.dead]) await server.create(name, readerOf(name));
      scratch = await makeScratch();
      platform = await startPlatform({ scratch, ports: await choosePorts(), example: true });
      await saveAdapter(platform, server);
      const api = await openPlatformApi(platform);
      await api.publish(feedFlow(names));
      await api.close();
    });
    after(async () => {
      platform?.process.kill('SIGKILL');
      await server?.stop();
      if (scratch !== undefined) await removeScratch(scratch);
    });

    test('no message is lost, and one that comes again has the same id', { timeout: 900_000 }, async (t) => {
      const startedAt = performance.now();
      const out = await readAll(broker, reached(server.target), names.to, `${names.to}${deadSuffix}`);
      const dead = await readAll(broker, reached(server.target), names.dead, `${names.dead}${deadSuffix}`);
      const sending = sendAll(broker, reached(server.target), names.from);
      const wanted = Array.from({ length: MESSAGES }, (_, number) => number);
      const good = wanted.filter((number) => !isPoison(number));
      for (let kill = 1; kill <= KILLS; kill += 1) {
        await until(() => out.numbers().size >= (good.length * kill) / (KILLS + 1));
        await server.kill();
        await pause(500);
        await server.restart();
      }
      await sending;
      await until(() => out.numbers().size >= good.length && dead.numbers().size >= wanted.length - good.length);
      assert.deepEqual([...out.numbers().keys()].sort(ascending), good);
      assert.deepEqual([...dead.numbers().keys()].sort(ascending), wanted.filter(isPoison));
      assert.deepEqual(
        [...out.numbers().entries()].filter(([, ids]) => ids.size > 1),
        [],
        'doubles have the same id',
      );
      assert.ok(dead.all().every(({ headers }) => /^JSON_/.test(headers['dead-letter-code'] ?? '')));
      const doubles = out.all().length - good.length;
      const seconds = (performance.now() - startedAt) / 1000;
      t.diagnostic(`${MESSAGES} messages, ${KILLS} kills, ${doubles} doubles under the same id, ${seconds.toFixed(1)} s`);
      await Promise.all([out.stop(), dead.stop()]);
    });
  });

const ascending = (left: number, right: number) => left - right;

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(50);
}

/** Publishes each message until it is confirmed, always under the same id. */
async function sendAll(broker: Broker, target: Target, destination: string): Promise<void> {
  let opening: Promise<Publisher> | undefined;
  const usable = async (): Promise<Publisher> => {
    opening ??= broker.openPublisher(target);
    try {
      const publisher = await opening;
      if (publisher.isUsable) return publisher;
    } catch {
      await pause(500);
    }
    opening = undefined;
    return usable();
  };
  let next = 0;
  const sender = async () => {
    while (next < MESSAGES) {
      const number = next++;
      const text = isPoison(number) ? `no JSON ${number} ${FILLER}` : JSON.stringify({ number, filler: FILLER });
      const message = { destination, key: undefined, id: `message-${number}`, contentType: 'application/json', headers: {} };
      while (!(await tryTo(async () => (await usable()).publish({ ...message, body: Buffer.from(text) })))) await pause(200);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  await (await usable()).close();
}

async function tryTo(work: () => Promise<void>): Promise<boolean> {
  return work().then(
    () => true,
    () => false,
  );
}

/** Reads a destination until it is stopped, over any outage. */
async function readAll(broker: Broker, target: Target, destination: string, deadLetter: string) {
  const all: Incoming[] = [];
  const numbers = new Map<number, Set<string>>();
  const take = async (incoming: Incoming) => {
    const number = Number(/\d+/.exec(Buffer.from(incoming.body.subarray(0, 40)).toString())?.[0]);
    all.push(incoming);
    numbers.set(number, (numbers.get(number) ?? new Set()).add(incoming.id ?? ''));
    return 'stored' as const;
  };
  const subscription = { destination, group: readerOf(destination), member: 'test', window: 500, deadLetter };
  let isStopped = false;
  let stop = async () => {};
  const read = async () => {
    while (!isStopped) {
      const consumer = await broker.consume(target, subscription, take).catch(() => undefined);
      if (consumer !== undefined) {
        stop = () => consumer.stop();
        await consumer.ended;
        await consumer.stop();
      }
      await pause(200);
    }
  };
  void read();
  return {
    all: () => all,
    numbers: () => numbers,
    async stop() {
      isStopped = true;
      await stop();
    },
  };
}

async function saveAdapter(platform: Platform, { settings, credential }: TestBroker): Promise<void> {
  const city = await openCity(platform);
  const person = await city.person(['analyst', 'security-admin']);
  const secret = { value: credential, adapters: ['adp_broker'] };
  assert.equal((await person.call('PUT', '/secrets/broker-login', secret)).status, 200);
  const adapter = {
    ...{ adapterId: 'adp_broker', revision: 0, name: { 'zh-CN': '消息中间件', en: 'Broker' }, protocol: 'messaging', owner: '' },
    ...{ domain: 'sh-city', environments: { DEV: settings }, credential: 'broker-login' },
  };
  const saved = await person.call('PUT', '/adapters/adp_broker', adapter);
  assert.equal(saved.status, 200, saved.text);
  await city.close();
}

function feedFlow({ from, to }: { readonly from: string; readonly to: string }): FlowDocument {
  const flow = chainFlow(
    'flw_feed',
    [
      {
        ...{ id: 'n_out', type: 'messaging.publish@1', adapter: 'adp_broker', config: { destination: to, idempotent: true } },
        handling: { retry: { max: 100, baseMs: 100, factor: 1.5, capMs: 2000, on: ['transient', 'unknown-outcome'] } },
      },
    ],
    { mode: 'durable', deadlineMs: 600_000 },
  );
  const config = { destination: from, form: 'json', identity: 'message-id' };
  const [, ...rest] = flow.nodes;
  return { ...flow, nodes: [{ id: 'n_call', label: 'in', type: 'messaging.consume@1', adapter: 'adp_broker', config }, ...rest] };
}
