import type { MessageToProduce, Producer } from '@platformatic/kafka';
import type { Outgoing, Publisher, Target } from './broker.ts';
import { connectionLost, notConfirmed, reasonOf } from './errors.ts';
import { kafkaFailed } from './kafka-errors.ts';
import { endedInTime } from './within.ts';

/** Kafka limits the bytes of a batch, not those of a message: 1 MB by default. */
const BATCH_BYTES = 512 * 1024;
const BATCH_MESSAGES = 1000;
/** A topic that exists is not looked up again for so long. */
const KNOWN_MS = 60_000;

interface Waiting {
  readonly message: Outgoing;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Messages that are published while others are under way go together in the next request, by topic. */
export class KafkaPublisher implements Publisher {
  readonly #producer: Producer;
  readonly #target: Target;
  readonly #lines = new Map<string, Waiting[]>();
  readonly #knownAt = new Map<string, number>();
  #isUsable = true;

  constructor(producer: Producer, target: Target) {
    this.#producer = producer;
    this.#target = target;
  }

  get isUsable(): boolean {
    return this.#isUsable;
  }

  async publish(message: Outgoing): Promise<void> {
    await this.#requireTopic(message.destination);
    return new Promise((resolve, reject) => {
      const line = this.#lines.get(message.destination);
      const waiting = { message, resolve, reject };
      if (line !== undefined) return void line.push(waiting);
      this.#lines.set(message.destination, [waiting]);
      setImmediate(() => void this.#sendAll(message.destination));
    });
  }

  async close(): Promise<void> {
    this.#isUsable = false;
    await endedInTime(this.#target.clock, this.#producer.close());
  }

  /** The client retries for very long if a topic does not exist, so look it up first. */
  async #requireTopic(topic: string): Promise<void> {
    const now = this.#target.clock.monotonic();
    if (now - (this.#knownAt.get(topic) ?? -Infinity) < KNOWN_MS) return;
    try {
      await this.#producer.metadata({ topics: [topic], retries: 0, autocreateTopics: false });
      this.#knownAt.set(topic, now);
    } catch (cause) {
      throw kafkaFailed(topic, cause) ?? connectionLost(cause);
    }
  }

  async #sendAll(topic: string): Promise<void> {
    const line = this.#lines.get(topic)!;
    while (line.length > 0) await this.#sendBatch(topic, takeBatch(line));
    this.#lines.delete(topic);
  }

  async #sendBatch(topic: string, batch: readonly Waiting[]): Promise<void> {
    try {
      await this.#producer.send({ messages: batch.map(({ message }) => toRecord(message)) });
      for (const { resolve } of batch) resolve();
    } catch (cause) {
      const refusal = kafkaFailed(topic, cause);
      // One message may be the reason, so each is sent alone.
      if (refusal?.kind === 'input' && batch.length > 1) for (const waiting of batch) await this.#sendBatch(topic, [waiting]);
      else {
        if (refusal === undefined) this.#isUsable = false;
        for (const { reject } of batch) reject(refusal ?? notConfirmed(reasonOf(cause), cause));
      }
    }
  }
}

function takeBatch(line: Waiting[]): readonly Waiting[] {
  let bytes = 0;
  let count = 0;
  for (const { message } of line) {
    bytes += message.body.length;
    if (count > 0 && (bytes > BATCH_BYTES || count >= BATCH_MESSAGES)) break;
    count += 1;
  }
  return line.splice(0, count);
}

function toRecord({ destination, key, id, contentType, headers, body }: Outgoing): MessageToProduce<Buffer, Buffer, Buffer, Buffer> {
  const all = { ...headers, 'message-id': id, 'content-type': contentType };
  return {
    topic: destination,
    ...(key === undefined ? {} : { key: Buffer.from(key) }),
    value: Buffer.from(body.buffer, body.byteOffset, body.byteLength),
    headers: new Map(Object.entries(all).map(([name, value]) => [Buffer.from(name), Buffer.from(value)])),
  };
}
