import type { BusEvents } from '../contract/values/bus-event.ts';
import type { BusTopicStore, StoredEvent } from './bus-topic-store.ts';

/** Returns the events that flows of a domain may see. */
export function createBusEvents(store: BusTopicStore, domain: string): BusEvents {
  return {
    newest: (topic) => store.newest(topic),
    async after(topic, after, limit) {
      const [{ openTo }, found, oldest] = await Promise.all([store.settings(topic), store.after(topic, after, limit), store.oldest(topic)]);
      const isSeen = ({ domains }: StoredEvent) =>
        openTo.includes(domain) || (domains.length > 0 && domains.every((one) => one === domain));
      return { events: found.filter(isSeen).map(({ event }) => event), readTo: found.at(-1)?.number ?? after, oldest };
    },
  };
}
