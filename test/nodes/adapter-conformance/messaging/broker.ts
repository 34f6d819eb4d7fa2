/** What adapters of all brokers have in common: a broker is described in `test/nodes/messaging/brokers-here.ts`. */
import assert from 'node:assert/strict';
import { AppError } from '../../../../engine/contract/values/errors.ts';
import { createMessage } from '../../../../engine/contract/values/message.ts';
import type { Arrival } from '../../../../engine/contract/node/node.ts';
import { listenTrigger } from '../../../../engine/testing/listen-trigger.ts';
import { runNode } from '../../../../engine/testing/run-node.ts';
import messagingConsume from '../../../../nodes/messaging/consume.node.ts';
import messaging from '../../../../nodes/messaging/messaging.adapter.ts';
import { probeMessaging } from '../../../../nodes/messaging/probe.ts';
import messagingPublish from '../../../../nodes/messaging/publish.node.ts';
import { eventually } from '../../../conformance/eventually.ts';
import type { TestBroker, TestBrokerKind } from '../../messaging/brokers-here.ts';
import { nodeAct, type OtherSide, type Subject } from '../subject.ts';

const SENT_TO = 'kit-sent';
/** Of triggers that a test starts. */
const FLOW = 'flw_test';
const WITHIN_MS = 60_000;

export function brokerSubject(kind: TestBrokerKind): Subject {
  return {
    adapter: messaging,
    name: kind.name,
    skip: kind.skip,
    without: {},
    async start(announcedPort) {
      const broker = await kind.start(announcedPort);
      await broker.create(SENT_TO, FLOW);
      return otherSide(broker);
    },
  };
}

function otherSide(broker: TestBroker): OtherSide {
  const { credential, kill, restart, stop } = broker;
  const { user } = broker.target.login!;
  const sent: string[] = [];
  let ends = 0;
  const deliver = (destination: string, text: string) => publish(broker, destination, text);
  const setAside = (source: string) => read(broker, `${source}.dead`, { group: `${source}.dead` }, () => true, 1000);
  return {
    port: broker.target.servers[0]!.port,
    ...{ credential, wrongCredential: `${user}:kit-wrong-1`, tls: 'front', probe: probeMessaging, kill, restart, stop },
    settings: ({ host, port, tls }) => ({ ...broker.settings, servers: [{ host, port }], ...(tls === undefined ? {} : { tls }) }),
    acts: [
      nodeAct(
        messagingPublish,
        { destination: SENT_TO },
        (marker) => ({ marker }),
        async (marker) => {
          // Everything that came before this one has been read when it comes.
          const end = `end-${++ends}`;
          await deliver(SENT_TO, end);
          sent.push(await read(broker, SENT_TO, {}, (text) => text.includes(end)));
          return sent
            .join('\n')
            .split('\n')
            .filter((line) => line.includes(marker)).length;
        },
      ),
    ],
    trigger: {
      node: messagingConsume,
      config: (destination) => ({ destination }),
      create: (source) => broker.create(source, FLOW),
      deliver,
      setAside,
    },
    large: {
      async carry() {
        await broker.create('kit-large', FLOW);
        await deliver('kit-large', 'x'.repeat(64 * 1024));
        const trigger = await listen(broker, 'kit-large', { maxBytes: 1024 });
        await eventually(async () => (await setAside('kit-large')).includes('MESSAGING_MESSAGE_TOO_LARGE'), WITHIN_MS);
        await trigger.stop();
        assert.equal(trigger.arrivals.length, 0);
      },
    },
  };
}

const adapterOf = ({ direct, settings }: TestBroker) => ({
  adapterId: 'adp_kit',
  settings: direct ?? settings,
  limits: { timeoutMs: 20_000 },
});

/** Tries again while the broker begins. */
async function publish(broker: TestBroker, destination: string, text: string): Promise<void> {
  const message = createMessage(text, { mediaType: 'text/plain' });
  const options = {
    config: { destination },
    message,
    adapter: adapterOf(broker),
    secrets: { '': broker.credential },
    idempotencyKey: text.slice(0, 40),
  };
  await eventually(async () => {
    try {
      await runNode(messagingPublish, options);
      return true;
    } catch (error) {
      if (error instanceof AppError && error.kind === 'transient') return false;
      throw error;
    }
  }, WITHIN_MS);
}

function listen(broker: TestBroker, destination: string, more: object) {
  const config = { destination, form: 'text', ...more };
  return listenTrigger(messagingConsume, { config, adapter: adapterOf(broker), secrets: { '': broker.credential } });
}

const textOf = ({ message }: Arrival) => `${String(message.data)} ${JSON.stringify(message.headers)}`;

/** Takes what is there, until it is enough, or nothing has come for a while. */
async function read(
  broker: TestBroker,
  destination: string,
  more: object,
  isEnough: (text: string) => boolean,
  limitMs = 10_000,
): Promise<string> {
  const trigger = await listen(broker, destination, more).catch(() => undefined);
  if (trigger === undefined) return '';
  const text = () => trigger.arrivals.map(textOf).join('\n');
  await eventually(() => text() !== '' && isEnough(text()), limitMs).catch(() => undefined);
  await trigger.stop();
  return text();
}
