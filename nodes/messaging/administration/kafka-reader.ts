/** Reads messages of topics without a consumer group, so that no group sees it and no offset is committed. */
import { Consumer, type KafkaRecord, type RecordsBatch } from '@platformatic/kafka';
import { clientOptions } from '../brokers/kafka.ts';
import { guardPool } from '../brokers/kafka-guard.ts';
import type { Target } from '../brokers/broker.ts';
import { endedInTime } from '../brokers/within.ts';

export interface ReadRecord {
  readonly offset: bigint;
  readonly at: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [string, Buffer | null])[];
}

export interface ReadBatch {
  readonly records: readonly ReadRecord[];
  /** The offset after the last one that was looked at; larger gaps are those of compaction and transactions. */
  readonly next: bigint;
}

const MAX_BYTES = 4 * 1024 * 1024;
const WAIT_MS = 200;
const READ_COMMITTED = 1;
const IS_TRANSACTIONAL = 0b1_0000;
const IS_CONTROL = 0b10_0000;

export class KafkaReader {
  readonly #target: Target;
  readonly #client: Consumer;

  constructor(target: Target) {
    this.#target = target;
    // The name of a group is demanded, and not used: fetching joins none.
    this.#client = new Consumer({ ...clientOptions(target), groupId: 'kangqiao-administration' });
    guardPool(this.#client.connections, target);
  }

  /** Returns messages from this offset on; none if the end is reached. */
  async read(topic: string, partition: number, from: bigint): Promise<ReadBatch> {
    const metadata = await this.#client.metadata({ topics: [topic], retries: 0 });
    const { id: topicId, partitions } = metadata.topics.get(topic)!;
    const place = { partition, currentLeaderEpoch: -1, fetchOffset: from, lastFetchedEpoch: -1, partitionMaxBytes: MAX_BYTES };
    const answer = await this.#client.fetch({
      node: partitions[partition]!.leader,
      topics: [{ topicId, partitions: [place] }],
      ...{ minBytes: 1, maxBytes: MAX_BYTES, maxWaitTime: WAIT_MS, isolationLevel: READ_COMMITTED },
    });
    const [found] = answer.responses.flatMap((one) => one.partitions);
    const batches = found?.records ?? [];
    const aborted = (found?.abortedTransactions ?? []).toSorted((a, b) => Number(a.firstOffset - b.firstOffset));
    const last = batches.at(-1);
    const next = last === undefined ? from : last.firstOffset + BigInt(last.lastOffsetDelta) + 1n;
    return { records: committed(batches, aborted).filter(({ offset }) => offset >= from), next };
  }

  async close(): Promise<void> {
    await endedInTime(this.#target.clock, this.#client.close(true));
  }
}

interface Aborted {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** Leaves out the messages of transactions that were aborted, which the broker sends nevertheless. */
function committed(batches: readonly RecordsBatch[], aborted: readonly Aborted[]): readonly ReadRecord[] {
  const waiting = [...aborted];
  const open = new Set<bigint>();
  const records: ReadRecord[] = [];
  for (const batch of batches) {
    while (waiting.length > 0 && waiting[0]!.firstOffset <= batch.firstOffset) open.add(waiting.shift()!.producerId);
    // The marker that ends a transaction.
    if ((batch.attributes & IS_CONTROL) !== 0) open.delete(batch.producerId);
    else if ((batch.attributes & IS_TRANSACTIONAL) === 0 || !open.has(batch.producerId))
      records.push(...batch.records.map((record) => toRecord(batch, record)));
  }
  return records;
}

function toRecord(
  { firstOffset, firstTimestamp }: RecordsBatch,
  { offsetDelta, timestampDelta, key, value, headers }: KafkaRecord,
): ReadRecord {
  return {
    offset: firstOffset + BigInt(offsetDelta),
    at: Number(firstTimestamp + timestampDelta),
    ...{ key, value },
    headers: headers.map(([name, text]) => [name?.toString() ?? '', text] as const),
  };
}
