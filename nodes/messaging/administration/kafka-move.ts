/**
 * Moves messages of a Kafka topic: published with the confirm of all replicas first, then deleted up to there. Kafka
 * deletes only from the beginning of a partition, so a message that cannot be moved stops its partition.
 */
import { Producer } from '@platformatic/kafka';
import { brokerNotFound, type MoveOrder, type MoveResult } from '../../../engine/contract/node/broker-administration.ts';
import { connectionLost } from '../brokers/errors.ts';
import { clientOptions } from '../brokers/kafka.ts';
import { guardPool } from '../brokers/kafka-guard.ts';
import { DEAD_LETTER_HEADERS, DEAD_LETTER_ORIGIN, type Target } from '../brokers/broker.ts';
import { endedInTime, within } from '../brokers/within.ts';
import type { KafkaReader, ReadRecord } from './kafka-reader.ts';

export interface PartitionRange {
  readonly partition: number;
  readonly from: bigint;
  /** The offset after the last message. */
  readonly to: bigint;
}

export interface KafkaMoveParts {
  readonly target: Target;
  readonly reader: KafkaReader;
  readonly cluster: string;
  readonly ranges: readonly PartitionRange[];
  exists(topic: string): Promise<boolean>;
  deleteBefore(partition: number, offset: bigint): Promise<void>;
}

const BATCH = 500;
const BATCH_BYTES = 512 * 1024;
/** Written by Kafka Connect. */
const CONNECT_ORIGIN_HEADER = '__connect.errors.topic';

export async function moveKafkaMessages(parts: KafkaMoveParts, order: MoveOrder, onMoved: (moved: number) => void): Promise<MoveResult> {
  if (order.to !== undefined && !(await parts.exists(order.to))) throw brokerNotFound(order.to);
  const producer = new Producer({ ...clientOptions(parts.target), idempotent: true });
  guardPool(producer.connections, parts.target);
  try {
    return await new KafkaMover(parts, order, producer).moveAll(onMoved);
  } finally {
    await endedInTime(parts.target.clock, producer.close());
  }
}

interface Moving {
  readonly record: ReadRecord;
  readonly topic: string;
}

class KafkaMover {
  readonly #parts: KafkaMoveParts;
  readonly #order: MoveOrder;
  readonly #producer: Producer;
  readonly #known = new Map<string, boolean>();
  #moved = 0;
  #left = 0;

  constructor(parts: KafkaMoveParts, order: MoveOrder, producer: Producer) {
    this.#parts = parts;
    this.#order = order;
    this.#producer = producer;
  }

  async moveAll(onMoved: (moved: number) => void): Promise<MoveResult> {
    for (const range of this.#parts.ranges) await this.#movePartition(range, onMoved);
    return { moved: this.#moved, left: this.#left, ...(this.#isStopped() ? { isStopped: true as const } : {}) };
  }

  #isStopped(): boolean {
    return this.#parts.target.signal?.aborted === true;
  }

  async #movePartition({ partition, from, to }: PartitionRange, onMoved: (moved: number) => void): Promise<void> {
    for (let at = from; at < to && !this.#isStopped() && this.#moved < this.#order.limit;) {
      const { records, next } = await this.#within(this.#parts.reader.read(this.#order.from.name, partition, at));
      if (next === at) return;
      const batch = this.#batchOf(records.filter(({ offset }) => offset < to));
      const moving = await this.#movable(batch);
      await this.#send(moving);
      const isWhole = moving.length === batch.length;
      const blocked = isWhole ? undefined : batch[moving.length]!.offset;
      const end = batch.length < records.length ? records[batch.length]!.offset : next < to ? next : to;
      at = blocked ?? end;
      await this.#within(this.#parts.deleteBefore(partition, at));
      this.#moved += moving.length;
      onMoved(this.#moved);
      if (blocked === undefined) continue;
      this.#left += Number(to - blocked);
      return;
    }
  }

  #batchOf(records: readonly ReadRecord[]): readonly ReadRecord[] {
    let bytes = 0;
    const most = Math.min(BATCH, this.#order.limit - this.#moved);
    const end = records.findIndex(({ value }, index) => {
      bytes += value?.length ?? 0;
      return index > 0 && (index >= most || bytes > BATCH_BYTES);
    });
    return end === -1 ? records : records.slice(0, end);
  }

  /** Returns the first messages that have a place to go to. */
  async #movable(records: readonly ReadRecord[]): Promise<readonly Moving[]> {
    const moving: Moving[] = [];
    for (const record of records) {
      const topic = this.#order.to ?? originOf(record, this.#parts.cluster);
      if (topic === undefined || !(await this.#accepts(topic))) break;
      moving.push({ record, topic });
    }
    return moving;
  }

  async #accepts(topic: string): Promise<boolean> {
    if (this.#order.to !== undefined) return true;
    if (topic === this.#order.from.name || !this.#order.mayReach(topic)) return false;
    const known = this.#known.get(topic) ?? (await this.#parts.exists(topic));
    this.#known.set(topic, known);
    return known;
  }

  async #send(moving: readonly Moving[]): Promise<void> {
    if (moving.length === 0) return;
    const dropped = this.#order.to === undefined ? DEAD_LETTER_HEADERS : [];
    const messages = moving.map(({ topic, record: { key, value, headers } }) => ({
      topic,
      ...(key === null ? {} : { key }),
      // A message without a value is a tombstone; the client writes it as such.
      value: value as Buffer,
      headers: new Map(
        headers.filter(([name]) => !dropped.includes(name)).map(([name, text]) => [Buffer.from(name), text ?? Buffer.alloc(0)] as const),
      ),
    }));
    await this.#within(this.#producer.send({ messages })).catch((cause: unknown) => {
      throw connectionLost(cause);
    });
  }

  async #within<T>(work: Promise<T>): Promise<T> {
    const { clock, timeoutMs } = this.#parts.target;
    return within(clock, timeoutMs, work);
  }
}

/** Returns the topic from which a message came. Kangqiao writes its place: `<cluster>/<topic>/<partition>/<offset>`. */
function originOf({ headers }: ReadRecord, cluster: string): string | undefined {
  const textOf = (wanted: string) => headers.find(([name]) => name === wanted)?.[1]?.toString();
  const place = textOf(DEAD_LETTER_ORIGIN)?.split('/');
  if (place?.length === 4 && place[0] === cluster) return place[1];
  return textOf(CONNECT_ORIGIN_HEADER);
}
