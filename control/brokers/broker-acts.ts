/** Changes in message brokers. Deleting and purging take a right of their own, and can be requested. */
import { Type } from 'typebox';
import type { MoveResult } from '../../engine/contract/node/broker-administration.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { all } from '../action/owners.ts';
import { BrokerId, Kind, Name, RoutingKey, subjectOf } from './broker-fields.ts';
import type { BrokerServices, OpenBroker } from './open-broker.ts';

const MOST_MOVED = 100_000;
const YEAR_MS = 366 * 86_400_000;

const oneDestination = Type.Object({ adapterId: BrokerId, kind: Kind, name: Name }, closed);
const oneSubscription = Type.Object({ adapterId: BrokerId, topic: Name, subscriber: Name, key: Type.Optional(RoutingKey) }, closed);
const oneVirtualHost = Type.Object({ adapterId: BrokerId, name: Name }, closed);

export function brokerActs(services: BrokerServices, broker: OpenBroker): readonly Action[] {
  return [
    createDestination(services, broker),
    removeDestination(services, broker),
    purge(services, broker),
    move(services, broker),
    subscribe(services, broker),
    unsubscribe(services, broker),
    endSession(services, broker),
    createVirtualHost(broker),
    removeVirtualHost(broker),
  ];
}

function createDestination({ owners }: BrokerServices, broker: OpenBroker): Action {
  return defineAction({
    name: 'brokers.create-destination',
    right: 'brokers.edit',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: { 'zh-CN': '在消息中间件中新建队列或主题', en: 'Create a queue or topic in a broker' },
    input: Type.Object(
      {
        ...oneDestination.properties,
        type: Type.Optional(Type.String({ maxLength: 40, pattern: '^[a-z0-9-]+$' })),
        partitions: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
        deadLetterTo: Type.Optional(Name),
        retainMs: Type.Optional(Type.Integer({ minimum: 1000, maximum: YEAR_MS })),
      },
      closed,
    ),
    audited: true,
    subject: subjectOf,
    async run(ctx, { adapterId, ...destination }) {
      await broker.use(ctx, adapterId, (administration) => administration.create(destination));
      ctx.note.after = destination;
      return destination;
    },
  });
}

function removeDestination({ owners }: BrokerServices, broker: OpenBroker): Action {
  return defineAction({
    name: 'brokers.remove-destination',
    right: 'brokers.purge',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: { 'zh-CN': '删除队列或主题及其中的消息', en: 'Delete a queue or topic with its messages' },
    input: oneDestination,
    audited: true,
    subject: subjectOf,
    async run(ctx, { adapterId, ...destination }) {
      const messages = await broker.use(ctx, adapterId, (administration) => administration.remove(destination));
      ctx.note.after = { ...destination, messages };
      return { removed: true, messages };
    },
  });
}

function purge({ owners }: BrokerServices, broker: OpenBroker): Action {
  return defineAction({
    name: 'brokers.purge',
    right: 'brokers.purge',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: { 'zh-CN': '清空队列或主题，返回删除的消息数', en: 'Remove all messages of a queue or topic; returns how many' },
    input: oneDestination,
    audited: true,
    subject: subjectOf,
    async run(ctx, { adapterId, ...destination }) {
      const messages = await broker.use(ctx, adapterId, (administration) => administration.purge(destination));
      ctx.note.after = { ...destination, messages };
      return { messages };
    },
  });
}

function move({ owners }: BrokerServices, broker: OpenBroker): Action {
  return defineAction({
    name: 'brokers.move',
    right: 'brokers.edit',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: {
      'zh-CN': '把消息移到另一个队列或主题；不指定时，死信回到各自的来源',
      en: 'Move messages to another queue or topic; without one, dead letters go back to where they came from',
    },
    input: Type.Object(
      {
        ...oneDestination.properties,
        to: Type.Optional(Name),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST_MOVED, default: MOST_MOVED })),
      },
      closed,
    ),
    audited: true,
    subject: subjectOf,
    async run(ctx, { adapterId, kind, name, to, limit = MOST_MOVED }): Promise<MoveResult> {
      const order = { from: { kind, name }, to, limit, mayReach: () => true };
      const onMoved = (moved: number) => {
        // Counts for the audit line too if it fails later.
        ctx.note.after = { kind, to, moved };
        ctx.progress({ moved });
      };
      const result = await broker.use(ctx, adapterId, (administration) => administration.move(order, onMoved), 'long');
      ctx.note.after = { kind, to, ...result };
      return result;
    },
  });
}

function subscribe({ owners }: BrokerServices, broker: OpenBroker): Action {
  return defineAction({
    name: 'brokers.subscribe',
    right: 'brokers.edit',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: { 'zh-CN': '让队列订阅主题，或为主题建立消费组', en: 'Bind a queue to a topic, or create a consumer group of a topic' },
    input: oneSubscription,
    audited: true,
    subject: ({ adapterId, topic }) => subjectOf({ adapterId, name: topic }),
    async run(ctx, { adapterId, ...subscription }) {
      await broker.use(ctx, adapterId, (administration) => administration.subscribe(subscription));
      ctx.note.after = subscription;
      return subscription;
    },
  });
}

function unsubscribe({ owners }: BrokerServices, broker: OpenBroker): Action {
  return defineAction({
    name: 'brokers.unsubscribe',
    right: 'brokers.purge',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: {
      'zh-CN': '取消订阅；消费组在该主题上的进度随之删除',
      en: 'End a subscription; a consumer group loses its position in the topic',
    },
    input: oneSubscription,
    audited: true,
    subject: ({ adapterId, topic }) => subjectOf({ adapterId, name: topic }),
    async run(ctx, { adapterId, ...subscription }) {
      await broker.use(ctx, adapterId, (administration) => administration.unsubscribe(subscription));
      ctx.note.before = subscription;
      return { removed: true };
    },
  });
}

function endSession({ owners }: BrokerServices, broker: OpenBroker): Action {
  return defineAction({
    name: 'brokers.end-session',
    right: 'brokers.edit',
    domain: ({ adapterId }) => all(owners.adapter(adapterId)),
    text: { 'zh-CN': '断开一个会话', en: 'Disconnect a session' },
    input: Type.Object({ adapterId: BrokerId, sessionId: Type.String({ minLength: 1, maxLength: 500 }) }, closed),
    audited: true,
    subject: ({ adapterId, sessionId }) => subjectOf({ adapterId, name: sessionId }),
    async run(ctx, { adapterId, sessionId }) {
      await broker.use(ctx, adapterId, (administration) => administration.endSession(sessionId));
      return { ended: true };
    },
  });
}

function createVirtualHost(broker: OpenBroker): Action {
  return defineAction({
    name: 'brokers.create-virtual-host',
    right: 'brokers.purge',
    domain: 'all',
    text: { 'zh-CN': '新建虚拟主机', en: 'Create a virtual host' },
    input: oneVirtualHost,
    audited: true,
    subject: subjectOf,
    async run(ctx, { adapterId, name }) {
      await broker.use(ctx, adapterId, (administration) => administration.createVirtualHost(name));
      return { created: true };
    },
  });
}

function removeVirtualHost(broker: OpenBroker): Action {
  return defineAction({
    name: 'brokers.remove-virtual-host',
    right: 'brokers.purge',
    domain: 'all',
    text: { 'zh-CN': '删除虚拟主机及其全部队列和消息', en: 'Delete a virtual host with all its queues and messages' },
    input: oneVirtualHost,
    audited: true,
    stepUp: true,
    subject: subjectOf,
    async run(ctx, { adapterId, name }) {
      await broker.use(ctx, adapterId, (administration) => administration.removeVirtualHost(name));
      return { removed: true };
    },
  });
}
