/**
 * Live events for open pages (SSE). Ids and numbers only, never data:
 * - `counts` each second: executions by status;
 * - `flows` every two seconds: the published flows whose counts changed (`{ items: FlowLive[], gone: flowId[] }`),
 *   all of them at first;
 * - `flow-live` every two seconds, to a page that watches a flow: its nodes and edges (`FlowLiveDetail`);
 * - `draft` to a page that watches a flow, when its draft was saved;
 * - `alarms` when an alarm opened, was acknowledged or ended;
 * - `flow` when one was published, `plan` when the gateways got a new plan.
 * A page only gets counts and flows of its person's domains.
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Domains } from '../../engine/contract/values/domain.ts';
import { scopeOf } from '../access/domains.ts';
import type { LiveFlows } from '../flows/live-flows.ts';
import type { SavedDraft } from '../flows/flow-events.ts';

/** Which events a page may receive. */
export interface PageRights {
  readonly seesFlows: boolean;
  readonly domains: Domains;
}

export interface Listener {
  readonly account: string;
  readonly rights: PageRights;
  /**
   * Called repeatedly: a person who logged out or lost a right stops receiving the events. Undefined: close the
   * stream.
   */
  look(): Promise<PageRights | undefined>;
  /** The flow that the page watches. */
  readonly flowId?: string | undefined;
}

export interface EventHub {
  /** EVENTS_FULL when no stream is left, for anyone or for this account. */
  requireRoom(account: string): void;
  /** Writes to this response until it closes, its session ends or the hub stops. */
  add(response: ServerResponse, listener: Listener): void;
  /** Sends to every page, so it must hold nothing of a domain. */
  send(event: string, data: Readonly<Record<string, unknown>>): void;
  flowPublished(flow: VersionOfFlow): void;
  draftSaved(flow: SavedDraft): void;
  stop(): void;
}

export interface EventHubDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called once a second for all pages of the same domains, and only while a page is open. */
  counts(domains: Domains): Promise<Readonly<Record<string, unknown>>>;
  /** Returns which versions of flows belong to these domains. */
  seesOf(domains: Domains): Promise<Sees>;
  readonly flows: LiveFlows;
}

export interface VersionOfFlow {
  readonly flowId: string;
  readonly version: number;
}

export type Sees = (flow: VersionOfFlow) => boolean;

type Page = readonly [ServerResponse, Listener];

const MOST_LISTENERS = 200;
/** One account must not take all streams. */
const MOST_OF_ACCOUNT = 20;
const TICK_MS = 1000;
const FLOW_TICKS = 2;
/** A page whose person logged out or lost a right stops receiving events within this time. */
const CHECK_TICKS = 5;
/** A page that reads slower than this is disconnected; it reconnects by itself. */
const MOST_BUFFERED_BYTES = 256 * 1024;

export function createEventHub({ clock, logger, counts, seesOf, flows }: EventHubDeps): EventHub {
  const listeners = new Map<ServerResponse, Listener>();
  /** The last event sent for each flow. */
  let sent = new Map<string, { readonly text: string; readonly flow: VersionOfFlow }>();
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
    for (const [domains, pages] of byDomains([...listeners])) {
      const now = await counts(domains);
      for (const [response] of pages) write(response, 'counts', now);
    }
    if (ticks % FLOW_TICKS === 0) await sendFlows();
  }

  async function sendFlows(): Promise<void> {
    const pages = [...listeners].filter(([, { rights }]) => rights.seesFlows);
    if (pages.length === 0) return;
    const all = await flows.list();
    const before = sent;
    sent = new Map(all.map((flow) => [flow.flowId, { text: JSON.stringify(flow), flow }]));
    const changed = all.filter(({ flowId }) => before.get(flowId)?.text !== sent.get(flowId)!.text);
    const gone = [...before.values()].filter(({ flow }) => !sent.has(flow.flowId)).map(({ flow }) => flow);
    const firstTime = fresh;
    fresh = new Set();
    for (const [domains, some] of byDomains(pages)) {
      const sees = await seesOf(domains);
      const goneHere = gone.filter(sees).map(({ flowId }) => flowId);
      for (const [response] of some) {
        const items = (firstTime.has(response) ? all : changed).filter(sees);
        if (items.length > 0 || goneHere.length > 0) write(response, 'flows', { items, gone: goneHere });
      }
      await sendWatched(some, sees);
    }
  }

  async function sendWatched(pages: readonly Page[], sees: Sees): Promise<void> {
    for (const [flowId, watching] of Map.groupBy(pages, ([, page]) => page.flowId)) {
      const detail = flowId === undefined ? undefined : await flows.get(flowId);
      if (detail === undefined || !sees(detail)) continue;
      for (const [response] of watching) write(response, 'flow-live', { ...detail });
    }
  }

  async function sendPublished(flow: VersionOfFlow): Promise<void> {
    for (const [domains, pages] of byDomains([...listeners])) {
      const sees = await seesOf(domains);
      if (sees(flow)) for (const [response] of pages) write(response, 'flow', { ...flow });
    }
  }

  function end(response: ServerResponse): void {
    listeners.delete(response);
    fresh.delete(response);
    response.end();
  }

  async function lookAgain(): Promise<void> {
    for (const [response, listener] of listeners) {
      const rights = await listener.look();
      if (rights === undefined) end(response);
      else if (listeners.has(response)) listeners.set(response, { ...listener, rights });
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
    flowPublished: (flow) => void sendPublished(flow).catch((error: unknown) => logger.error('events.flow', error)),
    draftSaved({ flowId, revision, domain }) {
      for (const [response, { flowId: watched, rights }] of listeners) {
        if (watched === flowId && rights.seesFlows && scopeOf(rights.domains).holds(domain)) write(response, 'draft', { flowId, revision });
      }
    },
    stop() {
      cancel?.();
      for (const response of listeners.keys()) end(response);
    },
  };
}

/** Groups pages with the same domains, so that one read serves them all. */
function byDomains(pages: readonly Page[]): readonly (readonly [Domains, readonly Page[]])[] {
  const groups = Map.groupBy(pages, ([, { rights }]) => JSON.stringify(rights.domains));
  return [...groups.values()].map((group) => [group[0]![1].rights.domains, group]);
}
