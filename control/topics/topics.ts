/** The topics of the bus: what they record, who reads them, and their last events. */
import { Type } from 'typebox';
import { BUS_TOPICS, type BusEvent, type BusTopic } from '../../engine/contract/values/bus-event.ts';
import { TopicSettings, type BusTopicStore, type StoredEvent } from '../../engine/topics/bus-topic-store.ts';
import type { DomainScope } from '../access/domains.ts';
import { usersOf, type FlowUses, type UsedBy } from '../flows/flow-uses.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { requireSameId } from '../action/require-same-id.ts';
import { onlyPage, pageFields, type Page, pageOf, readCursor } from '../action/pages.ts';

export interface TopicServices {
  readonly topics: BusTopicStore;
  readonly flowUses: FlowUses;
}

export interface ShownTopic extends TopicSettings {
  /** The time of the newest event that the person may see; absent if there is none. */
  readonly lastAt?: string;
  /** Flows that start with its events. */
  readonly subscribers: readonly UsedBy[];
}

export interface ShownEvent extends BusEvent {
  readonly domains: readonly string[];
}

const TopicName = TopicSettings.properties.topic;
const MOST_READ = 5_000;
const PAGE = 500;

export function topicActions(services: TopicServices): readonly Action[] {
  return [listTopics(services), saveTopic(services), listEvents(services)];
}

function listTopics({ topics, flowUses }: TopicServices): Action {
  return defineAction({
    name: 'topics.list',
    right: 'system.read',
    domain: 'filtered',
    text: {
      'zh-CN': '总线主题：设置、订阅的流程与最近的事件',
      en: 'Topics of the bus: settings, subscribed flows, time of the last event',
    },
    input: onlyPage,
    audited: false,
    async run({ domains }, wish): Promise<Page<ShownTopic>> {
      const uses = await flowUses.of('topic');
      const shown = await Promise.all(
        BUS_TOPICS.map(async (topic) => {
          const [settings, [last]] = await Promise.all([topics.settings(topic), findEvents(topics, topic, domains, { limit: 1 })]);
          const subscribers = usersOf(uses, topic, domains);
          return { ...settings, ...(last === undefined ? {} : { lastAt: last.event.time }), subscribers };
        }),
      );
      return pageOf(shown, ({ topic }) => [BUS_TOPICS.indexOf(topic)], wish);
    },
  });
}

function saveTopic({ topics }: TopicServices): Action {
  return defineAction({
    name: 'topics.save',
    right: 'system.edit',
    domain: 'all',
    text: {
      'zh-CN': '设置总线主题：启用、保留天数、开放给哪些服务域',
      en: 'Set a topic of the bus: on or off, days kept, domains it is open to',
    },
    input: Type.Object({ topic: TopicName, document: TopicSettings }, closed),
    audited: true,
    subject: ({ topic }) => topic,
    async run(ctx, { topic, document }) {
      requireSameId(document.topic, topic);
      ctx.note.before = await topics.settings(document.topic);
      const saved = await topics.save(document);
      ctx.note.after = saved;
      return saved;
    },
  });
}

function listEvents({ topics }: TopicServices): Action {
  return defineAction({
    name: 'topics.events',
    right: 'system.read',
    domain: 'filtered',
    text: { 'zh-CN': '总线主题的事件，最近的在前', en: 'Events of a topic of the bus, the newest first' },
    input: Type.Object({ topic: TopicName, subject: Type.Optional(Type.String({ maxLength: 200 })), ...pageFields }, closed),
    audited: false,
    async run({ domains }, { topic, subject, limit = 100, after }): Promise<Page<ShownEvent>> {
      const before = after === undefined ? undefined : -Number(readCursor(after)[0]);
      const found = await findEvents(topics, topic, domains, { limit: limit + 1, subject, before });
      const { items, ...rest } = pageOf(found, ({ number }) => [-number], { limit, ...(after === undefined ? {} : { after }) });
      return { items: items.map(({ event, domains: of }) => ({ ...event, domains: of })), ...rest };
    },
  });
}

interface Wanted {
  readonly limit: number;
  readonly subject?: string | undefined;
  readonly before?: number | undefined;
}

/** Reads page after page until there are enough events that the person may see, at most `MOST_READ` events. */
async function findEvents(topics: BusTopicStore, topic: BusTopic, { only, holds }: DomainScope, { limit, subject, before }: Wanted) {
  const isSeen = ({ domains, event }: StoredEvent) =>
    (only === undefined || (domains.length > 0 && domains.every(holds))) && (subject === undefined || event.subject === subject);
  const found: StoredEvent[] = [];
  for (let from = before, read = 0; read < MOST_READ; read += PAGE) {
    const page = await topics.before(topic, from, PAGE);
    found.push(...page.filter(isSeen));
    from = page.at(-1)?.number;
    if (page.length < PAGE || found.length >= limit) break;
  }
  return found.slice(0, limit);
}
