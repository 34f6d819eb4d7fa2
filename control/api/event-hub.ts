/**
 * Live events for open pages (SSE). Ids and numbers only, never data:
 * - `counts` each second: executions by status;
 * - `flows` every two seconds: the published flows whose counts changed (`{ items: FlowLive[], gone: flowId[] }`), all of them at first;
 * - `flow-live` every two seconds, to a page that watches a flow: its nodes and edges (`FlowLiveDetail`);
 * - `alarms` when an alarm opened, was acknowledged or ended;
 * - `flow` when one was published, `plan` when the gateways got a new plan.
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../engine/contract/clock.ts';
import { AppError } from '../../engine/contract/errors.ts';
import type { Logger } from '../../engine/contract/observe.ts';
import type { FlowLive, LiveFlows } from '../actions/live-flows.ts';

/** What of the events one may see. */
export interface Sight {
  readonly seesFlows: boolean;
}

export interface Listener {
  readonly account: string;
  readonly sight: Sight;
  /** Asked again and again: who was logged out, or lost a right, stops seeing what takes it. Undefined: nothing more. */
  look(): Promise<Sight | undefined>;
  /** The flow that it watches. */
  readonly flowId?: string | undefined;
}

export interface EventHub {
  /** EVENTS_FULL when there is no room for one more, or none for one more of this account. */
  requireRoom(account: string): void;
  /** Writes to this response until it closes, its session ends or the hub does. */
  add(response: ServerResponse, listener: Listener): void;
  send(event: string, data: Readonly<Record<string, unknown>>): void;
  stop(): void;
}

export interface EventHubDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Read once a second for everybody, and only while somebody looks. */
  counts(): Promise<Readonly<Record<string, unknown>>>;
  readonly flows: LiveFlows;
}

const MOST_LISTENERS = 200;
/** Nobody takes all places. */
const MOST_OF_ACCOUNT = 20;
const TICK_MS = 1000;
const FLOW_TICKS = 2;
/** A page of who was logged out or lost a right stops seeing events within this time. */
const CHECK_TICKS = 5;
/** A page that reads slower than this is dropped; it comes back by itself. */
const MOST_BUFFERED_BYTES = 256 * 1024;

export function createEventHub({ clock, logger, counts, flows }: EventHubDeps): EventHub {
  const listeners = new Map<ServerResponse, Listener>();
  /** What was told of each flow, as text. */
  let told = new Map<string, string>();
  let fresh = new Set<ServerResponse>();
  let cancel: (() => void) | undefined;
  let ticks = 0;

  function write(response: ServerResponse, event: string, data: Readonly<Record<string, unknown>>): void {
    if (response.writableLength > MOST_BUFFERED_BYTES) response.destroy();
    else response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  function send(event: string, data: Readonly<Record<string, unknown>>): void {
    for (const response of listeners.keys()) write(response, event, data);
  }

  async function tick(): Promise<void> {
    ticks += 1;
    if (ticks % CHECK_TICKS === 0) await lookAgain();
    if (listeners.size > 0) send('counts', await counts());
    if (ticks % FLOW_TICKS === 0) await tellFlows();
  }

  async function tellFlows(): Promise<void> {
    const seeing = [...listeners].filter(([, { sight }]) => sight.seesFlows);
    if (seeing.length === 0) return;
    const all = await flows.list();
    const changed = all.filter((flow) => told.get(flow.flowId) !== told.set(flow.flowId, JSON.stringify(flow)).get(flow.flowId));
    const before = told;
    told = new Map(all.map(({ flowId }) => [flowId, before.get(flowId)!]));
    const gone = [...before.keys()].filter((flowId) => !told.has(flowId));
    const firstTime = fresh;
    fresh = new Set();
    for (const [response] of seeing) {
      const items: readonly FlowLive[] = firstTime.has(response) ? all : changed;
      if (items.length > 0 || gone.length > 0) write(response, 'flows', { items, gone });
    }
    await tellWatched(seeing);
  }

  async function tellWatched(seeing: readonly (readonly [ServerResponse, Listener])[]): Promise<void> {
    const watched = Map.groupBy(seeing, ([, { flowId }]) => flowId);
    for (const [flowId, pages] of watched) {
      const detail = flowId === undefined ? undefined : await flows.get(flowId);
      if (detail !== undefined) for (const [response] of pages) write(response, 'flow-live', { ...detail });
    }
  }

  function end(response: ServerResponse): void {
    listeners.delete(response);
    fresh.delete(response);
    response.end();
  }

  async function lookAgain(): Promise<void> {
    for (const [response, listener] of listeners) {
      const sight = await listener.look();
      if (sight === undefined) end(response);
      else if (listeners.has(response)) listeners.set(response, { ...listener, sight });
    }
  }

  function schedule(): void {
    if (cancel !== undefined || listeners.size === 0) return;
    cancel = clock.after(TICK_MS, () => {
      tick()
        .catch((error: unknown) => logger.error('events.counts', error))
        .finally(() => {
          cancel = undefined;
          schedule();
        });
    });
  }

  return {
    requireRoom(account) {
      const own = [...listeners.values()].filter((listener) => listener.account === account).length;
      if (listeners.size >= MOST_LISTENERS || own >= MOST_OF_ACCOUNT)
        throw new AppError('EVENTS_FULL', 'transient', 'Too many pages listen already, of yours or in all.', {
          fix: 'Close some.',
          retryAfterMs: 10_000,
        });
    },
    add(response, listener) {
      listeners.set(response, listener);
      fresh.add(response);
      response.once('close', () => {
        listeners.delete(response);
        fresh.delete(response);
      });
      response.write('retry: 2000\n\n');
      schedule();
    },
    send,
    stop() {
      cancel?.();
      for (const response of listeners.keys()) end(response);
    },
  };
}
