/**
 * The topics of the bus in the store. The numbers of the events of a topic have no gap: each event is inserted under the
 * number after the newest one, and the store admits one event per number. So a reader that has seen a number has seen
 * all events before it, also if two processes write at once for a moment.
 */
import { Type, type Static } from 'typebox';
import type { Clock } from '../contract/values/clock.ts';
import { AppError } from '../contract/values/errors.ts';
import { BUS_TOPICS, type BusEvent, type BusTopic } from '../contract/values/bus-event.ts';
import { given } from '../contract/values/given.ts';
import type { Collection, CollectionSpec, Documents, Filter, StoredDocument } from '../contract/ports/documents.ts';
import { Revision } from '../contract/values/revision.ts';
import { StaleDraft } from '../contract/values/stale-draft.ts';

const closed = { additionalProperties: false } as const;

/** What a person sets for a topic. */
export const TopicSettings = Type.Object(
  {
    topic: Type.Unsafe<BusTopic>(Type.Union(BUS_TOPICS.map((topic) => Type.Literal(topic)))),
    revision: Revision,
    /** Events are only recorded while the topic is on. */
    on: Type.Boolean(),
    retainDays: Type.Integer({ minimum: 1, maximum: 365 }),
    /** Domains whose flows also get events about objects of other domains and of the whole installation. */
    openTo: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 100, uniqueItems: true }),
  },
  closed,
);
export type TopicSettings = Static<typeof TopicSettings>;

/** An event before it has its number. */
export interface NewEvent {
  readonly id: string;
  /** Without `kangqiao.<topic>.` and version. */
  readonly type: string;
  readonly subject?: string | undefined;
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
  /** The domains that the subject belongs to; empty if it belongs to the whole installation. */
  readonly domains: readonly string[];
}

export interface StoredEvent extends StoredDocument {
  readonly topic: BusTopic;
  readonly number: number;
  readonly eventId: string;
  readonly subject?: string;
  readonly domains: readonly string[];
  readonly event: BusEvent;
  readonly expiresAt: number;
}

interface StoredTopic extends StoredDocument {
  /** Absent until a person saves them. */
  readonly settings?: TopicSettings;
  /** A number that the newest event has reached. Needed when all events have expired. */
  readonly reached: number;
}

export interface BusTopicStore {
  settings(topic: BusTopic): Promise<TopicSettings>;
  /** Rejects with STALE_REVISION (input) if someone else has saved the topic since. */
  save(settings: TopicSettings): Promise<TopicSettings>;
  /** Records the event, unless an event with its id is there. */
  append(topic: BusTopic, event: NewEvent, settings: TopicSettings): Promise<void>;
  newest(topic: BusTopic): Promise<number>;
  oldest(topic: BusTopic): Promise<number>;
  after(topic: BusTopic, number: number, limit: number): Promise<readonly StoredEvent[]>;
  /** Returns events before a number, the newest first. */
  before(topic: BusTopic, number: number | undefined, limit: number): Promise<readonly StoredEvent[]>;
  /** Returns the newest event about an object. */
  about(topic: BusTopic, subject: string): Promise<StoredEvent | undefined>;
}

const eventsSpec: CollectionSpec<StoredEvent> = {
  name: 'bus_events',
  schema: Type.Object({ _id: Type.String(), topic: Type.String(), number: Type.Integer() }, { additionalProperties: true }),
  indexes: [
    { name: 'by_number', fields: ['topic', 'number'] },
    { name: 'event', fields: ['eventId'], unique: true },
    { name: 'subject', fields: ['subject', 'number'] },
  ],
  expiresAt: 'expiresAt',
};
const topicsSpec: CollectionSpec<StoredTopic> = {
  name: 'bus_topics',
  schema: Type.Object({ _id: Type.String(), reached: Type.Integer() }, { additionalProperties: true }),
  indexes: [],
};

const DAY_MS = 86_400_000;
const DIGITS = 16;
const CLASHES = 100;
/** Calls are many, so their topic is off until somebody needs it. */
const OFF_AT_FIRST: ReadonlySet<BusTopic> = new Set(['invocation']);

export async function openBusTopicStore(documents: Documents, clock: Pick<Clock, 'now'>): Promise<BusTopicStore> {
  const events = await documents.open(eventsSpec);
  const topics = await documents.open(topicsSpec);
  const newest = new Map<BusTopic, number>();

  async function readNewest(topic: BusTopic): Promise<number> {
    const [[last], stored] = await Promise.all([events.find({ topic }, { sort: ['-number'], limit: 1 }), topics.get(topic)]);
    return Math.max(last?.number ?? 0, stored?.reached ?? 0);
  }

  async function reach(topic: BusTopic, reached: number): Promise<void> {
    if ((await topics.insert({ _id: topic, reached })).inserted) return;
    await topics.patchIf(topic, { reached: { lt: reached } }, { set: { reached } });
  }

  const readSettings = async (topic: BusTopic) => (await topics.get(topic))?.settings ?? usual(topic);

  return {
    settings: readSettings,
    async save(settings) {
      const saved = { ...settings, revision: settings.revision + 1 };
      await topics.insert({ _id: settings.topic, reached: 0 });
      const match: Filter = settings.revision === 0 ? { settings: { exists: false } } : { 'settings.revision': settings.revision };
      const { outcome } = await topics.patchIf(settings.topic, match, { set: { settings: saved } }, { durability: 'full' });
      if (outcome === 'patched') return saved;
      throw staleTopic(settings, await readSettings(settings.topic));
    },
    async append(topic, { id, type, subject, at, data, domains }, { retainDays }) {
      for (let clash = 0; clash < CLASHES; clash++) {
        const number = (newest.get(topic) ?? (await readNewest(topic))) + 1;
        const sequence = String(number).padStart(DIGITS, '0');
        const event: BusEvent = {
          specversion: '1.0',
          id,
          source: '/kangqiao',
          type: `kangqiao.${topic}.${type}.v1`,
          ...given({ subject }),
          time: new Date(at).toISOString(),
          datacontenttype: 'application/json',
          sequence,
          data,
        };
        const expiresAt = clock.now() + retainDays * DAY_MS;
        const stored = { _id: `${topic}-${sequence}`, topic, number, eventId: id, ...given({ subject }), domains, event, expiresAt };
        if ((await events.insert(stored)).inserted) {
          newest.set(topic, number);
          return reach(topic, number);
        }
        if ((await events.count({ eventId: id }, 1)) > 0) return;
        newest.delete(topic);
      }
      throw new AppError('TOPIC_BUSY', 'transient', 'The event could not be recorded: others record events at the same time.');
    },
    newest: readNewest,
    async oldest(topic) {
      const [first] = await events.find({ topic }, { sort: ['number'], limit: 1 });
      return first?.number ?? (await readNewest(topic)) + 1;
    },
    after: (topic, number, limit) => events.find({ topic, number: { gt: number } }, { sort: ['number'], limit }),
    before: (topic, number, limit) =>
      events.find({ topic, ...(number === undefined ? {} : { number: { lt: number } }) }, { sort: ['-number'], limit }),
    about: (topic, subject) => newestAbout(events, topic, subject),
  };
}

function staleTopic(yours: TopicSettings, theirs: TopicSettings): AppError {
  return new AppError('STALE_REVISION', 'input', `Someone else changed ${yours.topic} in the meantime.`, {
    values: { id: yours.topic },
    fix: 'Look at the newer version, apply your change to it and save again.',
    cause: new StaleDraft(yours, theirs),
  });
}

async function newestAbout(events: Collection<StoredEvent>, topic: BusTopic, subject: string): Promise<StoredEvent | undefined> {
  return (await events.find({ subject, topic }, { sort: ['-number'], limit: 1 }))[0];
}

function usual(topic: BusTopic): TopicSettings {
  return { topic, revision: 0, on: !OFF_AT_FIRST.has(topic), retainDays: 7, openTo: [] };
}
