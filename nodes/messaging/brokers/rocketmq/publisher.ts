import { createHash } from 'node:crypto';
import type { Outgoing, Publisher, Target } from '../broker.ts';
import { connectionLost, refused } from '../errors.ts';
import { groupOf, toMessage } from './messages.ts';
import { FIFO, NORMAL, requireOk, type Queue, type Status } from './protocol.ts';
import { sendFailed } from './refusals.ts';
import type { Routes } from './routes.ts';

/** Messages of one group are sent one after the other, because the broker keeps the order in which they arrive. */
export class RocketMqPublisher implements Publisher {
  readonly #routes: Routes;
  readonly #target: Target;
  readonly #groups = new Map<string, Promise<void>>();
  #isUsable = true;
  #turn = 0;

  constructor(routes: Routes, target: Target) {
    this.#routes = routes;
    this.#target = target;
    void routes.lost.then(() => (this.#isUsable = false));
  }

  get isUsable(): boolean {
    return this.#isUsable;
  }

  async publish(message: Outgoing): Promise<void> {
    const queues = await this.queuesOf(message.destination);
    if (!isOrdered(queues, message)) return this.#send(message, NORMAL, queues[this.#turn++ % queues.length]!);
    const group = groupOf(message);
    const line = `${message.destination}/${group}`;
    const send = () => this.#send(message, FIFO, queues[placeOf(group, queues.length)]!);
    const sent = (this.#groups.get(line) ?? Promise.resolve()).then(send);
    const settled = sent.catch(() => undefined);
    this.#groups.set(line, settled);
    void settled.then(() => {
      if (this.#groups.get(line) === settled) this.#groups.delete(line);
    });
    return sent;
  }

  /** Rejects with MESSAGING_DESTINATION_UNKNOWN or MESSAGING_REFUSED (input). */
  async queuesOf(destination: string): Promise<readonly Queue[]> {
    if (!this.#isUsable) throw connectionLost(new Error('closed'));
    const queues = await this.#routes.queues(destination, 'write');
    if (queues.length === 0) throw refused(destination, 'no queue can be written', undefined);
    return queues;
  }

  async close(): Promise<void> {
    this.#isUsable = false;
    await this.#routes.close();
  }

  async #send(message: Outgoing, type: number, queue: Queue): Promise<void> {
    const session = await this.#routes.sessionOf(queue);
    if (!session.isOpen) throw connectionLost(new Error('closed'));
    try {
      const request = { messages: [toMessage(message, type, queue.id, this.#target.clock.now())] };
      const { status, entries } = await session.call<{ readonly status: Status; readonly entries: readonly { readonly status: Status }[] }>(
        'SendMessage',
        request,
      );
      requireOk(entries[0]?.status ?? status);
    } catch (cause) {
      throw sendFailed(message.destination, cause);
    }
  }
}

/** A topic of type FIFO takes only messages with a group. One that takes both kinds keeps the order of keys. */
function isOrdered(queues: readonly Queue[], { key }: Outgoing): boolean {
  const { acceptMessageTypes } = queues[0]!;
  if (!acceptMessageTypes.includes(FIFO)) return false;
  return key !== undefined || !acceptMessageTypes.includes(NORMAL);
}

function placeOf(group: string, count: number): number {
  return createHash('sha256').update(group).digest().readUInt32BE(0) % count;
}
