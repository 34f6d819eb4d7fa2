/**
 * Records the events of the topics: every second what the audit trail and the alarms say and the calls that the gateways
 * took, every few seconds what changed at the gateways. A lease makes sure that normally one process does this. Where each source was read to is stored after
 * its events, so after a crash some are read again, and the store recognises them by their ids.
 */
import { isDeepStrictEqual } from 'node:util';
import { Type } from 'typebox';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { createId } from '../../engine/contract/values/ids.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import { BUS_TOPICS, type BusTopic } from '../../engine/contract/values/bus-event.ts';
import type { BusTopicStore, NewEvent, TopicSettings } from '../../engine/topics/bus-topic-store.ts';
import type { AskGateways } from '../../gateways/documents/gateway-questions.ts';
import type { Owners } from '../action/owners.ts';
import type { AlarmStore } from '../alarms/alarm-store.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { alarmEvents } from './alarm-events.ts';
import { auditedEvent } from './audited-events.ts';
import { callEvents } from './call-events.ts';
import { gatewayStateEvents } from './gateway-state-events.ts';
import type { SeenByGateway } from './seen-by-gateway.ts';

export interface RecordTopicsDeps {
  readonly topics: BusTopicStore;
  readonly documents: Documents;
  readonly audit: Pick<AuditLog, 'after' | 'head'>;
  readonly alarms: AlarmStore;
  readonly askGateways: AskGateways;
  readonly owners: Owners;
  readonly shared: SharedState;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface TopicRecorder {
  /** Reads all sources once. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

/** Where a source was read to. */
interface SourceState extends StoredDocument {
  readonly audit?: number;
  readonly openAlarms?: readonly string[];
  readonly seen?: SeenByGateway;
}

const sourcesSpec: CollectionSpec<SourceState> = {
  name: 'bus_topic_sources',
  schema: Type.Object({ _id: Type.String() }, { additionalProperties: true }),
  indexes: [],
};

const EVERY_MS = 1_000;
const GATEWAYS_EVERY_MS = 5_000;
const LEASE_MS = 15_000;
const LEASE = 'bus-topics';
const LINES_A_READ = 200;
/** Calls of all gateways together. Each is a write; above this, an event says how many were not recorded. */
const CALLS_A_LOOK = 400;
const FEWEST_CALLS = 20;

export async function startTopicRecorder(deps: RecordTopicsDeps): Promise<TopicRecorder> {
  const { clock, shared, logger } = deps;
  const holder = createId('own');
  // A stop waits for no answer of gateways: those of this process have stopped before. What was not read is read later.
  const stopping = new AbortController();
  const askGateways: AskGateways = (question) => deps.askGateways(question, stopping.signal);
  const recorder = new Recorder({ ...deps, askGateways }, await deps.documents.open(sourcesSpec));
  let isStopped = false;
  let looking: Promise<void> | undefined;
  let isQuiet = false;
  let gatewaysAt = -Infinity;
  let cancel = clock.after(EVERY_MS, tick);

  function tick(): void {
    void look().finally(() => {
      if (!isStopped) cancel = clock.after(EVERY_MS, tick);
    });
  }

  function look(): Promise<void> {
    looking ??= lookNow()
      .then(
        () => (isQuiet = false),
        (error: unknown) => {
          if (!isQuiet) logger.error('topics.record-failed', error);
          isQuiet = true;
        },
      )
      .then(() => undefined)
      .finally(() => (looking = undefined));
    return looking;
  }

  async function lookNow(): Promise<void> {
    if ((await shared.acquireLease(LEASE, holder, LEASE_MS)) === undefined) return;
    const settings = await recorder.settings();
    await recorder.recordAudit(settings);
    await recorder.recordAlarms(settings);
    await recorder.recordCalls(settings);
    if (clock.monotonic() - gatewaysAt < GATEWAYS_EVERY_MS) return;
    gatewaysAt = clock.monotonic();
    await recorder.recordGateways(settings);
  }

  return {
    look,
    async stop() {
      isStopped = true;
      cancel();
      stopping.abort();
      await looking;
      await shared.releaseLease(LEASE, holder).catch(() => undefined);
    },
  };
}

type AllSettings = Readonly<Record<BusTopic, TopicSettings>>;

class Recorder {
  readonly #deps: RecordTopicsDeps;
  readonly #sources: Collection<SourceState>;

  constructor(deps: RecordTopicsDeps, sources: Collection<SourceState>) {
    this.#deps = deps;
    this.#sources = sources;
  }

  async settings(): Promise<AllSettings> {
    const all = await Promise.all(BUS_TOPICS.map(async (topic) => [topic, await this.#deps.topics.settings(topic)] as const));
    return Object.fromEntries(all) as AllSettings;
  }

  /** A new installation, and one that gets the topics by an upgrade, begins with what happens from now on. */
  async recordAudit(settings: AllSettings): Promise<void> {
    const { audit, owners, topics } = this.#deps;
    const stored = (await this.#sources.get('audit'))?.audit;
    if (stored === undefined) return this.#keep('audit', { audit: audit.head().number });
    for (let from = stored; ;) {
      const lines = await audit.after(from, LINES_A_READ);
      for (const line of lines) {
        const lastDomains = async (subject: string) =>
          (await topics.about('lifecycle', subject))?.domains ?? (await topics.about('management', subject))?.domains ?? [];
        const found = await auditedEvent(line, owners, lastDomains);
        if (found !== undefined) await this.#append(found.topic, found.event, settings);
      }
      const last = lines.at(-1);
      if (last === undefined) return;
      from = last.number;
      await this.#keep('audit', { audit: from });
    }
  }

  async recordAlarms(settings: AllSettings): Promise<void> {
    const stored = (await this.#sources.get('alarms'))?.openAlarms ?? [];
    const { events, open } = await alarmEvents(this.#deps.alarms, stored, this.#deps.owners);
    if (events.length === 0 && open.length === stored.length) return;
    for (const event of events) await this.#append('monitoring', event, settings);
    await this.#keep('alarms', { openAlarms: open });
  }

  async recordGateways(settings: AllSettings): Promise<void> {
    if (!settings.monitoring.on) return;
    const stored = (await this.#sources.get('gateways'))?.seen ?? {};
    const { events, seen } = await gatewayStateEvents(await this.#deps.askGateways({ kind: 'events' }), stored, this.#deps.owners);
    if (events.length === 0) return;
    for (const event of events) await this.#append('monitoring', event, settings);
    await this.#keep('gateways', { seen });
  }

  async recordCalls(settings: AllSettings): Promise<void> {
    const { askGateways, owners, clock } = this.#deps;
    if (!settings.invocation.on) return;
    const stored = (await this.#sources.get('calls'))?.seen ?? {};
    const limit = Math.max(FEWEST_CALLS, Math.floor(CALLS_A_LOOK / Math.max(1, Object.keys(stored).length)));
    const heard = await askGateways({ kind: 'recent-calls', after: stored, limit });
    const { events, seen } = await callEvents(heard, stored, owners, clock.now());
    for (const event of events) await this.#append('invocation', event, settings);
    if (!isDeepStrictEqual(seen, stored)) await this.#keep('calls', { seen });
  }

  async #append(topic: BusTopic, event: NewEvent, settings: AllSettings): Promise<void> {
    if (settings[topic].on) await this.#deps.topics.append(topic, event, settings[topic]);
  }

  async #keep(_id: string, state: Omit<SourceState, '_id'>): Promise<void> {
    if (!(await this.#sources.insert({ _id, ...state })).inserted) await this.#sources.patchIf(_id, {}, { set: state });
  }
}
