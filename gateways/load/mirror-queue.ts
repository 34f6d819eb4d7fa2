/**
 * Sends copies of requests without ever delaying the requests themselves: a bounded queue from which a few copies are
 * sent at a time. When it is full, the oldest copy is dropped and counted.
 */

export interface MirrorQueueOptions<Copy> {
  /** Sends one copy. Has its own time-out and never retries. */
  send(copy: Copy): Promise<void>;
  /** How many bytes of memory the copy holds. */
  bytesOf(copy: Copy): number;
  /** Called when a copy was sent, has failed, or was dropped. */
  onEnd(outcome: MirrorOutcome): void;
  /** How many copies are sent at the same time. */
  readonly atOnce?: number;
  readonly mostCopies?: number;
  readonly mostBytes?: number;
}

export type MirrorOutcome = 'sent' | 'failed' | 'dropped';

const AT_ONCE = 32;
const MOST_COPIES = 1_000;
const MOST_BYTES = 64 * 1024 * 1024;

export class MirrorQueue<Copy> {
  readonly #options: MirrorQueueOptions<Copy>;
  readonly #waiting = new Map<number, Copy>();
  #next = 0;
  #bytes = 0;
  #sending = 0;

  constructor(options: MirrorQueueOptions<Copy>) {
    this.#options = options;
  }

  get length(): number {
    return this.#waiting.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a copy. Drops the oldest ones if there is no room. */
  add(copy: Copy): void {
    const { bytesOf, mostCopies = MOST_COPIES, mostBytes = MOST_BYTES } = this.#options;
    const bytes = bytesOf(copy);
    if (bytes > mostBytes) {
      this.#options.onEnd('dropped');
      return;
    }
    while (this.#waiting.size >= mostCopies || this.#bytes + bytes > mostBytes) {
      // Copies that are being sent hold memory too, and cannot be dropped.
      if (this.#waiting.size === 0) {
        this.#options.onEnd('dropped');
        return;
      }
      this.#shift();
      this.#options.onEnd('dropped');
    }
    this.#bytes += bytes;
    this.#waiting.set(this.#next++, copy);
    // Start in a later turn: the request itself comes first.
    setImmediate(() => this.#sendNext());
  }

  #sendNext(): void {
    const { atOnce = AT_ONCE, bytesOf, onEnd, send } = this.#options;
    if (this.#sending >= atOnce || this.#waiting.size === 0) return;
    const copy = this.#shift();
    const bytes = bytesOf(copy);
    this.#bytes += bytes;
    this.#sending++;
    Promise.resolve(copy)
      .then(send)
      .then(
        () => onEnd('sent'),
        () => onEnd('failed'),
      )
      .finally(() => {
        this.#sending--;
        this.#bytes -= bytes;
        this.#sendNext();
      });
  }

  #shift(): Copy {
    const [place, copy] = this.#waiting.entries().next().value!;
    this.#waiting.delete(place);
    this.#bytes -= this.#options.bytesOf(copy);
    return copy;
  }
}
