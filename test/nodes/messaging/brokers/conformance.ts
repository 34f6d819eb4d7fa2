/** What every broker promises, shown on a real one: see `nodes/messaging/brokers/broker.ts`. Outages are in `test/nodes/adapter-conformance`. */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { AppError, type ErrorKind } from '../../../../engine/contract/values/errors.ts';
import { createOutboundGuard } from '../../../../engine/outbound/create-outbound-guard.ts';
import { anywhere } from '../../../../engine/testing/anywhere.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';
import type {
  Broker,
  Incoming,
  Outgoing,
  Server,
  Subscription,
  TakeMessage,
  Target,
  Verdict,
} from '../../../../nodes/messaging/brokers/broker.ts';
import { eventually } from '../../../conformance/eventually.ts';
import { startFaultProxy } from '../../../servers/fault-proxy.ts';
import type { TestBroker, TestBrokerKind } from '../brokers-here.ts';

export const failsWith = (code: string, kind: ErrorKind) => (error: unknown) => {
  assert.ok(error instanceof AppError, String(error));
  assert.deepEqual([error.code, error.kind], [code, kind], error.message);
  return true;
};
/** More chunks than any broker sends until its consumer is ready. */
const CUT_UNTIL = 14;
const textOf = ({ body }: Incoming) => Buffer.from(body).toString();

export function brokerConformance(kind: TestBrokerKind): void {
  const createsDestinations = kind.createsDestinations === true ? 'allowed: this broker creates destinations' : false;
  describe(`broker ${kind.name}`, { skip: kind.skip ?? false }, () => {
    let server: TestBroker;
    let broker: Broker;
    let names = 0;

    before(async () => {
      server = await kind.start();
      broker = await kind.load();
    });
    after(() => server?.stop());

    const target = (changed: Partial<Target> = {}): Target => ({
      ...server.target,
      virtualHost: undefined,
      tls: undefined,
      connectTimeoutMs: 5000,
      timeoutMs: 20_000,
      outbound: anywhere,
      clock: wallClock(),
      clientName: 'kangqiao test',
      ...changed,
    });
    const newDestination = async () => {
      const name = `adt-${Date.now()}-${++names}`;
      await server.create(name);
      return name;
    };
    const openPublisher = async (t: TestContext) => {
      const publisher = await broker.openPublisher(target());
      t.after(() => publisher.close());
      return publisher;
    };
    const outgoing = (destination: string, text: string | Uint8Array, more: Partial<Outgoing> = {}): Outgoing => ({
      ...{ destination, key: 'k', id: `id-${String(text).slice(0, 40)}`, contentType: 'text/plain; charset=UTF-8', headers: {} },
      body: Buffer.from(text),
      ...more,
    });
    const publishAll = async (t: TestContext, destination: string, count: number) => {
      const publisher = await openPublisher(t);
      for (let n = 1; n <= count; n += 1) await publisher.publish(outgoing(destination, `m${n}`));
    };
    const deadLetterOf = (destination: string) => destination + (kind.deadSuffix ?? '.dead');
    const consume = async (t: TestContext, destination: string, take: TakeMessage, more: Partial<Subscription> = {}) => {
      const deadLetter = deadLetterOf(destination);
      const subscription = { destination, group: destination, member: destination, window: 50, deadLetter, ...more };
      const consumer = await broker.consume(target(), subscription, take);
      t.after(() => consumer.stop());
      return consumer;
    };
    /** Consumes, and keeps what came. */
    const collect = async (t: TestContext, destination: string, verdict: (text: string) => Verdict = () => 'stored') => {
      const got: Incoming[] = [];
      const consumer = await consume(t, destination, async (incoming) => {
        got.push(incoming);
        return verdict(textOf(incoming));
      });
      return { got, consumer, texts: () => got.map(textOf) };
    };
    const until = (holds: () => boolean) => eventually(async () => holds(), 30_000);
    const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `m${from + index}`);

    it('carries id, key, content type, headers and bytes, in order', async (t) => {
      const destination = await newDestination();
      const publisher = await openPublisher(t);
      const bytes = Buffer.from([0, 255, 13, 10, 39]);
      const headers = { 'X-Ward': '心内科 𠮷', number: '007' };
      await publisher.publish(outgoing(destination, bytes, { id: 'id-1', key: 'P-龘', contentType: 'application/octet-stream', headers }));
      await Promise.all(numbered(1, 100).map((text) => publisher.publish(outgoing(destination, text))));
      const { got, texts } = await collect(t, destination);
      await until(() => got.length === 101);
      const [{ place: _place, body, ...first }] = got as [Incoming];
      assert.deepEqual(Buffer.from(body), bytes);
      assert.deepEqual(first, { id: 'id-1', key: 'P-龘', contentType: 'application/octet-stream', headers });
      assert.deepEqual(texts().slice(1), numbered(1, 100));
    });

    it('carries a body of 900 kB', async (t) => {
      const destination = await newDestination();
      const body = Buffer.alloc(900_000, '病');
      await (await openPublisher(t)).publish(outgoing(destination, body, { id: 'large' }));
      const { got } = await collect(t, destination);
      await until(() => got.length === 1);
      assert.ok(body.equals(got[0]!.body));
    });

    it('hands in no more messages than the window, and delivers those again that were not stored', async (t) => {
      const destination = await newDestination();
      await publishAll(t, destination, 30);
      const pending: ((verdict: Verdict) => void)[] = [];
      const never = await consume(t, destination, () => new Promise((resolve) => pending.push(resolve)), { window: 10 });
      await until(() => pending.length === 10);
      const stored = kind.handsOutBatches === true ? 10 : 4;
      pending.slice(0, stored).forEach((resolve) => resolve('stored'));
      await until(() => pending.length === 10 + stored);
      const stopping = never.stop();
      // What is under way when it stops is never settled here: as in a crash.
      pending.slice(stored).forEach((resolve) => resolve({ later: { code: 'X', message: 'Not now.' } }));
      await stopping;
      const { texts } = await collect(t, destination);
      await until(() => texts().length >= 30 - stored);
      assert.deepEqual(texts(), numbered(stored + 1, 30));
    });

    it('after a message that cannot be stored now, it ends, and the next one begins there, in order', async (t) => {
      const destination = await newDestination();
      await publishAll(t, destination, 20);
      const later = { later: { code: 'STORE_DOWN', message: 'The store is down.' } };
      const { consumer, got } = await collect(t, destination, (text) => (text === 'm8' ? later : 'stored'));
      failsWith('MESSAGING_NOT_STORED', 'transient')(await consumer.ended);
      await consumer.stop();
      assert.ok(got.length >= 8);
      const { texts } = await collect(t, destination);
      await until(() => texts().length >= 13);
      assert.deepEqual(texts(), numbered(8, 20));
    });

    it('keeps a refused message with its reason among the dead letters, and goes on', async (t) => {
      const destination = await newDestination();
      const publisher = await openPublisher(t);
      for (const text of ['m1', 'm2', 'm3']) await publisher.publish(outgoing(destination, text, { headers: { ward: '心内科' } }));
      const dead = { dead: { code: 'FLOW_REFUSED', message: 'No visit number.' } };
      const first = await collect(t, destination, (text) => (text === 'm2' ? dead : 'stored'));
      await until(() => first.got.length === 3);
      const letters = await collect(t, deadLetterOf(destination));
      await until(() => letters.got.length === 1);
      const [{ headers, id, key, body, contentType }] = letters.got as [Incoming];
      const { 'dead-letter-code': code, 'dead-letter-reason': reason, 'dead-letter-origin': origin, ...others } = headers;
      assert.deepEqual([code, reason, others], ['FLOW_REFUSED', 'No visit number.', { ward: '心内科' }]);
      assert.ok(origin?.includes(destination));
      assert.deepEqual([id, key, Buffer.from(body).toString(), contentType], ['id-m2', 'k', 'm2', 'text/plain; charset=UTF-8']);
      await first.consumer.stop();
      await publisher.publish(outgoing(destination, 'm4'));
      const second = await collect(t, destination);
      await until(() => second.got.length === 1);
      assert.deepEqual(second.texts(), ['m4']);
    });

    it('refuses a destination that does not exist, and others go on', { skip: createsDestinations }, async (t) => {
      const destination = await newDestination();
      const publisher = await openPublisher(t);
      const results = await Promise.allSettled([
        publisher.publish(outgoing('nowhere', 'm0')),
        ...numbered(1, 20).map((text) => publisher.publish(outgoing(destination, text))),
      ]);
      const [first, ...others] = results;
      failsWith('MESSAGING_DESTINATION_UNKNOWN', 'input')((first as PromiseRejectedResult).reason);
      assert.ok(others.every(({ status }) => status === 'fulfilled'));
      await assert.rejects(
        consume(t, 'nowhere', async () => 'stored'),
        failsWith('MESSAGING_DESTINATION_UNKNOWN', 'input'),
      );
    });

    it('is refused by a wrong password, and connects only where it is allowed', async () => {
      const { login } = target();
      if (login !== undefined) {
        const wrong = target({ login: { ...login, password: 'wrong' } });
        await assert.rejects(broker.openPublisher(wrong), failsWith('MESSAGING_LOGIN_REFUSED', 'input'));
      }
      const outbound = createOutboundGuard({ isExcepted: () => false });
      for (const host of ['127.0.0.1', 'localhost']) {
        const servers = target().servers.map(({ port }) => ({ host, port }));
        await assert.rejects(broker.openPublisher(target({ outbound, servers })), failsWith('OUTBOUND_REFUSED', 'input'));
      }
      const nobody = [{ host: '127.0.0.1', port: 1 }];
      await assert.rejects(broker.openPublisher(target({ servers: nobody })), failsWith('MESSAGING_CONNECT_FAILED', 'transient'));
      const reached = target({ servers: [...nobody, ...target().servers] });
      await (await broker.openPublisher(reached)).close();
      assert.match(await broker.describe(target()), /\d/);
      await assert.rejects(broker.describe(target({ signal: AbortSignal.abort() })), failsWith('MESSAGING_STOPPED', 'transient'));
    });

    it('ends or fails in time if the connection is lost at any point of its start, and consumes afterwards', async (t) => {
      const destination = await newDestination();
      const [{ host, port }] = target().servers as [Server];
      const proxy = await startFaultProxy({ targetHost: host, targetPort: port });
      t.after(() => proxy.stop());
      const throughProxy = target({ servers: [{ host, port: proxy.port }], connectTimeoutMs: 2000, timeoutMs: 2000 });
      const subscription = { destination, group: destination, member: destination, window: 50, deadLetter: deadLetterOf(destination) };
      // The first time, the place of dead letters is created.
      for (const chunks of [...Array(CUT_UNTIL).keys(), ...Array(CUT_UNTIL).keys()].map((index) => index + 1)) {
        proxy.cutAfter(chunks);
        const started = broker
          .consume(throughProxy, subscription, async () => 'stored')
          .then(
            (consumer) => consumer.stop(),
            (error: unknown) => assert.equal((error as AppError).kind, 'transient', String(error)),
          );
        await Promise.race([started, tooLate(`cut after ${chunks} chunks`)]);
      }
      await publishAll(t, destination, 1);
      const { texts } = await retried(() => collect(t, destination));
      await until(() => texts().includes('m1'));
    });

    it('loses nothing when the broker is killed and comes back', async (t) => {
      const destination = await newDestination();
      const publisher = await openPublisher(t);
      const confirmed = new Set<string>();
      const publishing = Promise.all(
        numbered(1, 2000).map((text) =>
          publisher.publish(outgoing(destination, text)).then(
            () => confirmed.add(text),
            () => undefined,
          ),
        ),
      );
      const { consumer, texts } = await collect(t, destination);
      await until(() => texts().length > 100);
      await server.kill();
      await server.restart();
      await Promise.race([consumer.ended, publishing]);
      await consumer.stop();
      await publishing;
      await retried(async () => (await openPublisher(t)).publish(outgoing(destination, 'last')));
      const rest = await retried(() => collect(t, destination));
      await until(() => rest.texts().includes('last'));
      const got = new Set([...texts(), ...rest.texts()]);
      assert.deepEqual(
        [...confirmed].filter((text) => !got.has(text)),
        [],
      );
    });
  });
}

/** Rejects after 30 s. */
async function tooLate(what: string): Promise<never> {
  await setTimeout(30_000, undefined, { ref: false });
  throw new Error(`it neither ended nor failed: ${what}`);
}

/** Tries again after a transient error, as the platform does, for a minute. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  let result: { readonly value: T } | undefined;
  await eventually(async () => {
    try {
      result = { value: await work() };
    } catch (error) {
      if ((error as { kind?: unknown }).kind !== 'transient') throw error;
    }
    return result !== undefined;
  }, 60_000);
  return result!.value;
}
