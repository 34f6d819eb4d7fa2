/** RocketMQ 5 by the gRPC protocol of its proxy: order by message groups, acknowledgements after the store, dead letters in a topic. */
import type { Broker, Consumer, Publisher, Subscription, TakeMessage, Target } from '../broker.ts';
import { firstServer } from '../connect.ts';
import { connectionLost, groupUnfit, refused } from '../errors.ts';
import { RocketMqConsumer } from './consumer.ts';
import { FIFO, NORMAL, type Queue } from './protocol.ts';
import { RocketMqPublisher } from './publisher.ts';
import { Routes } from './routes.ts';
import { openSession, type Role } from './session.ts';

/** After so many deliveries the broker puts a message aside by itself, without any reason and unseen by the flow. */
const MIN_ATTEMPTS = 1000;
const PRODUCER: Role = { clientType: 1 };

export default { openPublisher, consume, describe } satisfies Broker;

async function describe(target: Target): Promise<string> {
  const session = await firstServer(target, (server) => openSession(target, server, PRODUCER));
  const { maxBodySize = 0 } = session.settings.publishing ?? {};
  await session.close();
  return `RocketMQ 5 (gRPC v2), ${maxBodySize} bytes`;
}

async function openPublisher(target: Target): Promise<Publisher> {
  return openRocketMqPublisher(target);
}

async function openRocketMqPublisher(target: Target): Promise<RocketMqPublisher> {
  const session = await firstServer(target, (server) => openSession(target, server, PRODUCER));
  return new RocketMqPublisher(new Routes(session, target, PRODUCER), target);
}

async function consume(target: Target, subscription: Subscription, take: TakeMessage): Promise<Consumer> {
  const { destination, deadLetter, group } = subscription;
  const role: Role = { clientType: 3, group, topic: destination };
  const session = await firstServer(target, (server) => openSession(target, server, role));
  const routes = new Routes(session, target, role);
  let deadLetters: RocketMqPublisher | undefined;
  try {
    const queues = await routes.queues(destination, 'read');
    if (queues.length === 0) throw refused(destination, 'no queue can be read', undefined);
    const { subscription: granted, backoffPolicy } = session.settings;
    const isOrdered = granted?.fifo === true;
    requireFit(queues, { group, isOrdered, attempts: backoffPolicy?.maxAttempts ?? 0 });
    deadLetters = await openRocketMqPublisher(target);
    await deadLetters.queuesOf(deadLetter);
    return new RocketMqConsumer({ routes, deadLetters, target, subscription, take, brokers: byBroker(queues), isOrdered });
  } catch (error) {
    await Promise.all([routes.close(), deadLetters?.close()]);
    throw connectionLost(error);
  }
}

/** Throws MESSAGING_GROUP_UNFIT (input) if the broker would not keep the order of the topic, or drop messages out of the flow's sight. */
function requireFit(
  queues: readonly Queue[],
  group: { readonly group: string; readonly isOrdered: boolean; readonly attempts: number },
): void {
  const { acceptMessageTypes } = queues[0]!;
  const needsOrder = acceptMessageTypes.includes(FIFO) && !acceptMessageTypes.includes(NORMAL);
  if (needsOrder && !group.isOrdered) throw groupUnfit(group.group, 'order');
  if (group.attempts < MIN_ATTEMPTS) throw groupUnfit(group.group, 'attempts');
}

function byBroker(queues: readonly Queue[]): readonly (readonly [Queue, ...Queue[]])[] {
  return [...Map.groupBy(queues, ({ broker }) => broker.name).values()] as [Queue, ...Queue[]][];
}
