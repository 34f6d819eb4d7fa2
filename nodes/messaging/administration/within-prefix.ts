import { brokerNotFound, type BrokerAdministration, type BrokerSubscription } from '../../../engine/contract/node/broker-administration.ts';
import { outsidePrefix } from './errors.ts';

/**
 * Limits an administration to the names that begin with the prefix. What is outside is left out of lists, and otherwise
 * refused before the broker is asked, so that neither an error nor its time says whether it exists.
 */
export function withinPrefix(whole: BrokerAdministration, prefix: string): BrokerAdministration {
  const isOwn = (name: string) => name.startsWith(prefix);
  const requireOwn = (...names: readonly string[]) => {
    for (const name of names) if (!isOwn(name)) throw brokerNotFound(name);
  };
  const requireNew = (...names: readonly (string | undefined)[]) => {
    for (const name of names) if (name !== undefined && !isOwn(name)) throw outsidePrefix(prefix);
  };
  /** A binding, which has a key, leads to a queue. The groups of a topic are its own, with any name. */
  const isForeignBinding = ({ key, subscriber }: BrokerSubscription) => key !== undefined && !isOwn(subscriber);
  const ownSessions = async () => {
    const sessions = await whole.sessions();
    return sessions.filter(({ consumes }) => consumes.some(isOwn));
  };
  return {
    async about() {
      const about = await whole.about();
      return { ...about, features: { ...about.features, virtualHosts: false } };
    },
    destinations: async () => (await whole.destinations()).filter(({ name }) => isOwn(name)).map((one) => withoutForeign(one, isOwn)),
    subscriptions: async () => (await whole.subscriptions()).filter((one) => isOwn(one.topic) && !isForeignBinding(one)),
    sessions: async () => (await ownSessions()).map((session) => ({ ...session, consumes: session.consumes.filter(isOwn) })),
    virtualHosts: async () => [],
    async create(destination) {
      requireNew(destination.name, destination.deadLetterTo);
      await whole.create(destination);
    },
    async remove(destination) {
      requireOwn(destination.name);
      return whole.remove(destination);
    },
    async purge(destination) {
      requireOwn(destination.name);
      return whole.purge(destination);
    },
    async browse(destination, limits) {
      requireOwn(destination.name);
      return whole.browse(destination, limits);
    },
    async move(order, onMoved) {
      requireOwn(order.from.name, ...(order.to === undefined ? [] : [order.to]));
      return whole.move({ ...order, mayReach: (name) => isOwn(name) && order.mayReach(name) }, onMoved);
    },
    async subscribe(subscription) {
      requireOwn(subscription.topic);
      requireNew(subscription.subscriber);
      await whole.subscribe(subscription);
    },
    async unsubscribe(subscription) {
      const { topic, subscriber } = subscription;
      requireOwn(topic);
      if ((await whole.subscriptions()).some((one) => one.topic === topic && one.subscriber === subscriber && isForeignBinding(one)))
        throw brokerNotFound(`${topic} → ${subscriber}`);
      await whole.unsubscribe(subscription);
    },
    async endSession(sessionId) {
      const session = (await ownSessions()).find((one) => one.sessionId === sessionId);
      // A session that also serves others is not this adapter's to end.
      if (session === undefined || !session.consumes.every(isOwn)) throw brokerNotFound(sessionId);
      await whole.endSession(sessionId);
    },
    createVirtualHost: async () => {
      throw outsidePrefix(prefix);
    },
    removeVirtualHost: async (name) => {
      throw brokerNotFound(name);
    },
    close: () => whole.close(),
  };
}

function withoutForeign<T extends { readonly deadLetterTo?: string }>(destination: T, isOwn: (name: string) => boolean): T {
  const { deadLetterTo, ...rest } = destination;
  return deadLetterTo === undefined || isOwn(deadLetterTo) ? destination : (rest as T);
}
