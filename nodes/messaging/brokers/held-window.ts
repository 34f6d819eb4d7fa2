export interface WindowFlow<T> {
  /** Hands a message in; `settled` is called when it is settled. */
  handIn(message: T): void;
  /** Lets the network hold back what comes after this message. */
  pause(message: T): void;
  /** Lets the network go on; the message is the one that was settled. */
  resume(message: T): void;
}

/**
 * Hands in at most `window` messages that are not settled, for brokers that may send more: those wait here in their order, and
 * in the network.
 */
export class HeldWindow<T> {
  readonly #window: number;
  readonly #flow: WindowFlow<T>;
  readonly #held: T[] = [];
  #inFlight = 0;

  constructor(window: number, flow: WindowFlow<T>) {
    this.#window = window;
    this.#flow = flow;
  }

  receive(message: T): void {
    if (this.#inFlight < this.#window) return this.#handIn(message);
    this.#held.push(message);
    this.#flow.pause(message);
  }

  /** The message is settled. With `isOver`, no other takes its place. */
  settled(message: T, isOver: boolean): void {
    this.#inFlight -= 1;
    if (isOver) return;
    const next = this.#held.shift();
    if (next !== undefined) this.#handIn(next);
    if (this.#held.length === 0) this.#flow.resume(message);
  }

  #handIn(message: T): void {
    this.#inFlight += 1;
    this.#flow.handIn(message);
  }
}
