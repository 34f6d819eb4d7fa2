/** Apache Kafka: topics, consumer groups and their members. It has neither queues nor virtual hosts. */
import { Admin, type Group, type ListConsumerGroupOffsetsGroup } from '@platformatic/kafka';
import {
  brokerNotFound,
  type BrokerAbout,
  type BrokerAdministration,
  type BrokerDestination,
  type BrokerSession,
  type BrokerSubscription,
  type BrokerVirtualHost,
  type BrowsedMessage,
  type BrowseLimits,
  type DestinationRef,
  type MoveOrder,
  type MoveResult,
  type NewDestination,
  type SubscriptionRef,
} from '../../../engine/contract/node/broker-administration.ts';
import { given } from '../../../engine/contract/values/given.ts';
import { stopped } from '../brokers/errors.ts';
import { clientOptions } from '../brokers/kafka.ts';
import { guardPool } from '../brokers/kafka-guard.ts';
import type { Target } from '../brokers/broker.ts';
import { endedInTime, within } from '../brokers/within.ts';
import type { AdministrationOptions } from './administration-options.ts';
import { brokerCannot, brokerExists, brokerRefused } from './errors.ts';
import { administrationFailed } from './kafka-errors.ts';
import { moveKafkaMessages, type PartitionRange } from './kafka-move.ts';
import { KafkaReader, type ReadRecord } from './kafka-reader.ts';

const LATEST = -1n;
const EARLIEST = -2n;
const ID_HEADER = 'message-id';
const TYPE_HEADER = 'content-type';
const MAX_HEADERS = 100;
const MAX_HEADER_LENGTH = 4000;
/** Groups of the classic protocol, whose members can be described. */
const CLASSIC = 'classic';

/** The ranges of all partitions of each topic. */
type Ranges = ReadonlyMap<string, readonly PartitionRange[]>;

export function open({ target }: AdministrationOptions): BrokerAdministration {
  return new KafkaAdministration(target);
}

class KafkaAdministration implements BrokerAdministration {
  readonly #target: Target;
  readonly #admin: Admin;
  #reader: KafkaReader | undefined;

  constructor(target: Target) {
    this.#target = target;
    this.#admin = new Admin(clientOptions(target));
    guardPool(this.#admin.connections, target);
  }

  async about(): Promise<BrokerAbout> {
    await this.#run('', this.#admin.metadata({ topics: [], retries: 0, forceUpdate: true }));
    return {
      product: 'Apache Kafka',
      features: { kinds: ['topic'], subscriptions: 'groups', endSessions: false, virtualHosts: false },
    };
  }

  async destinations(): Promise<readonly BrokerDestination[]> {
    const names = await this.#run('', this.#admin.listTopics({ includeInternals: false }));
    const [ranges, groups] = [await this.#ranges(names), await this.#groups()];
    return names.map((name) => {
      const of = ranges.get(name) ?? [];
      return {
        ...{ kind: 'topic', name, type: 'log', durable: true, messages: countIn(of), partitions: of.length },
        consumers: groups.reduce((sum, group) => sum + readersOf(group, name), 0),
      };
    });
  }

  async subscriptions(): Promise<readonly BrokerSubscription[]> {
    const groups = await this.#groups();
    const offsets = await this.#offsets(groups.map(({ id }) => id));
    const ranges = await this.#ranges([...new Set(offsets.flatMap(({ topics }) => topics.map(({ name }) => name)))]);
    return groups.flatMap((group) => {
      const committed = new Map(offsets.find(({ groupId }) => groupId === group.id)?.topics.map((topic) => [topic.name, topic]));
      const topics = new Set([...committed.keys(), ...topicsOf(group)]);
      return [...topics].map((topic) => ({
        ...{ topic, subscriber: group.id, state: group.state, consumers: readersOf(group, topic) },
        ...given({ lag: lagOf(committed.get(topic), ranges.get(topic)) }),
      }));
    });
  }

  async sessions(): Promise<readonly BrokerSession[]> {
    const groups = await this.#groups();
    return groups.flatMap((group) =>
      [...group.members.values()].map((member) => ({
        sessionId: `${group.id}/${member.id}`,
        client: member.groupInstanceId ?? member.clientId,
        address: member.clientHost.replace(/^\//, ''),
        group: group.id,
        consumes: [...(member.assignments?.keys() ?? [])].sort(),
      })),
    );
  }

  virtualHosts(): Promise<readonly BrokerVirtualHost[]> {
    return Promise.resolve([]);
  }

  async create({ kind, name, partitions = 1, retainMs, deadLetterTo }: NewDestination): Promise<void> {
    if (kind !== 'topic' || deadLetterTo !== undefined) throw brokerCannot();
    const configs = retainMs === undefined ? {} : { configs: [{ name: 'retention.ms', value: String(retainMs) }] };
    await this.#run(name, this.#admin.createTopics({ topics: [name], partitions, replicas: -1, ...configs }));
  }

  async remove({ kind, name }: DestinationRef): Promise<number> {
    const messages = countIn(await this.#rangesOf(kind, name));
    await this.#run(name, this.#admin.deleteTopics({ topics: [name] }));
    return messages;
  }

  async purge({ kind, name }: DestinationRef): Promise<number> {
    const ranges = await this.#rangesOf(kind, name);
    for (const { partition, from, to } of ranges) if (to > from) await this.#run(name, this.#deleteBefore(name, partition, to));
    return countIn(ranges);
  }

  /** The newest messages of each partition, the oldest of them first. */
  async browse({ kind, name }: DestinationRef, { count, eachBytes }: BrowseLimits): Promise<readonly BrowsedMessage[]> {
    const ranges = await this.#rangesOf(kind, name);
    const each = BigInt(Math.ceil(count / Math.max(1, ranges.length)));
    const found: BrowsedMessage[] = [];
    for (const { partition, from, to } of ranges) {
      const start = to - each > from ? to - each : from;
      for (let at = start; at < to;) {
        const { records, next } = await this.#run(name, this.#read().read(name, partition, at));
        found.push(...records.filter(({ offset }) => offset < to).map((record) => toBrowsed(record, partition, eachBytes)));
        if (next === at) break;
        at = next;
      }
    }
    return found.sort((a, b) => a.at! - b.at!).slice(-count);
  }

  async move(order: MoveOrder, onMoved: (moved: number) => void): Promise<MoveResult> {
    const { from, to } = order;
    if (to === from.name) throw brokerRefused('source and destination are the same');
    const ranges = await this.#rangesOf(from.kind, from.name);
    const { id: cluster } = await this.#run('', this.#admin.metadata({ topics: [], retries: 0 }));
    const parts = {
      ...{ target: this.#target, reader: this.#read(), cluster, ranges },
      exists: (topic: string) => this.#exists(topic),
      deleteBefore: (partition: number, offset: bigint) => this.#deleteBefore(from.name, partition, offset),
    };
    return moveKafkaMessages(parts, order, onMoved).catch((cause: unknown) => {
      throw administrationFailed(this.#target, from.name, cause);
    });
  }

  async subscribe({ topic, subscriber }: SubscriptionRef): Promise<void> {
    const ranges = await this.#rangesOf('topic', topic);
    const [known] = await this.#offsets([subscriber]);
    if (known?.topics.some(({ name, partitions }) => name === topic && partitions.length > 0))
      throw brokerExists(`${topic} → ${subscriber}`);
    const partitionOffsets = ranges.map(({ partition, to }) => ({ partition, offset: to }));
    const order = { groupId: subscriber, topics: [{ name: topic, partitionOffsets }] };
    await this.#run(subscriber, this.#admin.alterConsumerGroupOffsets(order));
  }

  async unsubscribe({ topic, subscriber }: SubscriptionRef): Promise<void> {
    const group = (await this.#groups()).find(({ id }) => id === subscriber);
    const [offsets] = group === undefined ? [] : await this.#offsets([subscriber]);
    const found = offsets?.topics.find(({ name }) => name === topic);
    if (group === undefined || found === undefined) throw brokerNotFound(`${topic} → ${subscriber}`);
    if (topicsOf(group).includes(topic)) throw brokerRefused('the group reads the topic now');
    const partitionIndexes = found.partitions.map(({ partitionIndex }) => partitionIndex);
    const order = { groupId: subscriber, topics: [{ name: topic, partitionIndexes }] };
    await this.#run(subscriber, this.#admin.deleteConsumerGroupOffsets(order));
    if (offsets!.topics.length === 1 && group.members.size === 0)
      await this.#run(subscriber, this.#admin.deleteGroups({ groups: [subscriber] }));
  }

  endSession(): Promise<void> {
    return Promise.reject(brokerCannot());
  }

  createVirtualHost(): Promise<void> {
    return Promise.reject(brokerCannot());
  }

  removeVirtualHost(): Promise<void> {
    return Promise.reject(brokerCannot());
  }

  async close(): Promise<void> {
    await this.#reader?.close();
    await endedInTime(this.#target.clock, this.#admin.close());
  }

  #read(): KafkaReader {
    this.#reader ??= new KafkaReader(this.#target);
    return this.#reader;
  }

  /** Internal topics, such as the one of the committed offsets, are as good as absent. */
  async #rangesOf(kind: DestinationRef['kind'], name: string): Promise<readonly PartitionRange[]> {
    if (kind !== 'topic' || !(await this.#exists(name))) throw brokerNotFound(name);
    return (await this.#ranges([name])).get(name) ?? [];
  }

  async #exists(name: string): Promise<boolean> {
    const names = await this.#run(name, this.#admin.listTopics({ includeInternals: false }));
    return names.includes(name);
  }

  async #ranges(names: readonly string[]): Promise<Ranges> {
    if (names.length === 0) return new Map();
    const { topics } = await this.#run('', this.#admin.metadata({ topics: [...names], forceUpdate: true, retries: 0 }));
    const at = (timestamp: bigint) => ({
      topics: [...topics].map(([name, { partitions }]) => ({
        name,
        partitions: partitions.map((_one, partitionIndex) => ({ partitionIndex, timestamp })),
      })),
    });
    const [first, last] = [
      await this.#run('', this.#admin.listOffsets(at(EARLIEST))),
      await this.#run('', this.#admin.listOffsets(at(LATEST))),
    ];
    return new Map(
      last.map(({ name, partitions }) => {
        const starts = first.find((topic) => topic.name === name)?.partitions ?? [];
        const startOf = (index: number) => starts.find(({ partitionIndex }) => partitionIndex === index)?.offset ?? 0n;
        return [
          name,
          partitions.map(({ partitionIndex, offset }) => ({ partition: partitionIndex, from: startOf(partitionIndex), to: offset })),
        ];
      }),
    );
  }

  async #groups(): Promise<readonly Group[]> {
    const listed = await this.#run('', this.#admin.listGroups());
    const names = [...listed.values()]
      .filter(({ groupType, protocolType }) => (groupType ?? CLASSIC).toLowerCase() === CLASSIC && isOfConsumers(protocolType))
      .map(({ id }) => id);
    if (names.length === 0) return [];
    return [...(await this.#run('', this.#admin.describeGroups({ groups: names }))).values()];
  }

  async #offsets(groups: string[]): Promise<readonly ListConsumerGroupOffsetsGroup[]> {
    return groups.length === 0 ? [] : this.#run('', this.#admin.listConsumerGroupOffsets({ groups }));
  }

  async #deleteBefore(name: string, partition: number, offset: bigint): Promise<void> {
    await this.#admin.deleteRecords({ topics: [{ name, partitions: [{ partition, offset }] }] });
  }

  /** The client knows no signal, so what it does after the end is not waited for. */
  async #run<T>(name: string, work: Promise<T>): Promise<T> {
    const { clock, timeoutMs, signal } = this.#target;
    const ended = Promise.withResolvers<never>();
    const onAbort = () => ended.reject(stopped());
    signal?.addEventListener('abort', onAbort, { once: true });
    work.catch(() => undefined);
    try {
      return await Promise.race([within(clock, timeoutMs, work), ended.promise]);
    } catch (cause) {
      throw administrationFailed(this.#target, name, cause);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }
}

/** A group whose members have all left may have no type any more. */
function isOfConsumers(protocolType: string): boolean {
  return protocolType === 'consumer' || protocolType === '';
}

function countIn(ranges: readonly PartitionRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + Number(to - from), 0);
}

function topicsOf({ members }: Group): readonly string[] {
  return [...new Set([...members.values()].flatMap(({ assignments }) => [...(assignments?.keys() ?? [])]))];
}

function readersOf({ members }: Group, topic: string): number {
  return [...members.values()].filter(({ assignments }) => assignments?.has(topic) === true).length;
}

type CommittedTopic = ListConsumerGroupOffsetsGroup['topics'][number];

/** Returns undefined if the group has committed nothing yet. A partition without a commit counts from its beginning. */
function lagOf(committed: CommittedTopic | undefined, ranges: readonly PartitionRange[] | undefined): number | undefined {
  if (committed === undefined || ranges === undefined) return undefined;
  const at = new Map(committed.partitions.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]));
  return ranges.reduce((sum, { partition, from, to }) => {
    const offset = at.get(partition) ?? from;
    return sum + Math.max(0, Number(to - (offset > from ? offset : from)));
  }, 0);
}

function toBrowsed(record: ReadRecord, partition: number, eachBytes: number): BrowsedMessage {
  const { offset, at, key, value, headers } = record;
  const texts = Object.fromEntries(
    headers
      .slice(0, MAX_HEADERS)
      .map(([name, text]) => [name, text?.toString() ?? ''] as const)
      .filter(([, text]) => text.length <= MAX_HEADER_LENGTH),
  );
  const { [ID_HEADER]: id, [TYPE_HEADER]: contentType, ...others } = texts;
  const body = value ?? Buffer.alloc(0);
  return {
    ...{ place: `${partition}/${offset}`, at, headers: others, body: body.subarray(0, eachBytes), sizeBytes: body.length },
    ...given({ id, contentType, key: key?.toString() }),
  };
}
