/**
 * One stream of server-sent events from control for the whole console. It opens with its first listener and stays
 * open. If it is lost, it reconnects.
 */
import type { Clock } from '../../../engine/contract/values/clock.ts';

export type LiveState = 'connecting' | 'open' | 'lost';

/**
 * The event that listeners get when a lost connection is open again. Control does not repeat the events that it sent in
 * the meantime, so listeners must load their data again.
 */
export const RECONNECTED = 'reconnected';

type Listener = (data: never) => void;

const RECONNECT_MS = 2000;
const EVENTS = '/api/v1/events';

export class LiveConnection {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #listeners = new Map<string, Set<Listener>>();
  readonly #stateListeners = new Set<() => void>();
  #source: EventSource | undefined;
  #watchedFlow: string | undefined;
  #state: LiveState = 'connecting';
  #cancelReconnect: () => void = () => undefined;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  /** `lost` while control is unreachable. It is retried every two seconds. */
  get state(): LiveState {
    return this.#state;
  }

  /** Calls the listener for every event of this name, until the returned function is called. */
  hear(name: string, listener: Listener): () => void {
    const known = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, known.add(listener));
    if (this.#source === undefined) this.#open();
    else if (known.size === 1) this.#source.addEventListener(name, this.#deliver);
    return () => void known.delete(listener);
  }

  onState(changed: () => void): () => void {
    this.#stateListeners.add(changed);
    if (this.#source === undefined) this.#open();
    return () => void this.#stateListeners.delete(changed);
  }

  /** Until the returned function is called, control also sends counts of this flow's nodes and edges. */
  watch(flowId: string): () => void {
    this.#watchedFlow = flowId;
    if (this.#source !== undefined) this.#open();
    return () => {
      this.#watchedFlow = undefined;
    };
  }

  #open(): void {
    this.#cancelReconnect();
    this.#source?.close();
    const query = this.#watchedFlow === undefined ? '' : `?flow=${encodeURIComponent(this.#watchedFlow)}`;
    const source = new EventSource(EVENTS + query);
    this.#source = source;
    source.addEventListener('open', () => this.#opened());
    source.addEventListener('error', () => {
      // After a response that is not an event stream (a proxy's error page, a login), the browser would never
      // reconnect, so reconnect here.
      source.close();
      this.#cancelReconnect = this.#clock.after(RECONNECT_MS, () => this.#open());
      this.#setState('lost');
    });
    for (const name of this.#listeners.keys()) source.addEventListener(name, this.#deliver);
  }

  #opened(): void {
    const wasLost = this.#state === 'lost';
    this.#setState('open');
    if (wasLost) this.#tell(RECONNECTED, undefined);
  }

  readonly #deliver = (event: MessageEvent<string>): void => this.#tell(event.type, JSON.parse(event.data));

  #tell(name: string, data: unknown): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(data as never);
  }

  #setState(next: LiveState): void {
    if (next === this.#state) return;
    this.#state = next;
    for (const changed of this.#stateListeners) changed();
  }
}
