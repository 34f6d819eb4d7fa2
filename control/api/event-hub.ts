/**
 * Live events for open pages (SSE). Events contain ids and numbers, never message data:
 * - `counts` each second: executions by status;
 * - `flows` every two seconds: the published flows whose counts changed (`{ items: FlowLive[], gone: flowId[] }`), all
 *   of them at first;
 * - `flow-live` every two seconds, to a page that watches a flow: its nodes and edges (`FlowLiveDetail`);
 * - `draft` to a page that watches a flow, when its draft was saved;
 * - `alarms` when an alarm opened, was acknowledged or ended;
 * - `flow` when one was published, `plan` when the gateways got a new plan.
 * A page gets counts and flows only of the domains of its user.
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
   * Returns the current rights of the page; undefined closes the stream. Called repeatedly, so that a person who logged
   * out or lost a right stops receiving events.
   */
  look(): Promise<PageRights | undefined>;
  /** The flow that the page watches. */
  readonly flowId?: string | undefined;
}

export interface EventHub {
  /** Throws EVENTS_FULL (transient) if too many streams are open in total or for this account. */
  requireRoom(account: string): void;
  /** Writes to this response until it closes, its session ends or the hub stops. */
  add(response: ServerResponse, listener: Listener): void;
  /** Sends an event to every page, so the data must not belong to a single domain. */
  send(event: string, data: EventData): void;
  flowPublished(flow: VersionOfFlow): void;
  draftSaved(flow: SavedDraft): void;
  stop(): void;
}

export interface EventHubDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Returns the counts of these domains. Called once a second for all pages of the same domains, and only while a page
   * is open.
   */
  counts(domains: Domains): Promise<EventData>;
  /** Returns a function that returns true for a version that belongs to these domains. */
  seesOf(domains: Domains): Promise<CanSee>;
  readonly flows: LiveFlows;
}

export interface VersionOfFlow {
  readonly flowId: string;
  readonly version: number;
}

export type CanSee = (flow: VersionOfFlow) => boolean;

type EventData = Readonly<Record<string, unknown>>;

type Page = readonly [ServerResponse, Listener];

const MOST_LISTENERS = 200;
/** Maximum number of streams per account, so that one account cannot take all of them. */
const MOST_OF_ACCOUNT = 20;
const TICK_MS = 1000;
const FLOW_TICKS = 2;
/**
 * Number of ticks between two checks of a page's rights. A page whose person logged out or lost a right stops receiving
 * events within this time.
 */
const CHECK_TICKS = 5;
/** A page with more unsent bytes than this is disconnected; the browser reconnects automatically. */
const MOST_BUFFERED_BYTES = 256 * 1024;

export function createEventHub(deps: EventHubDeps): EventHub {
  return new OpenPages(deps);
}

class OpenPages implements EventHub {
  readonly #deps: EventHubDeps;
  readonly #listeners = new Map<ServerResponse, Listener>();
  /** The last data sent for each flow. */
  #sent = new Map<string, { readonly text: string; readonly flow: VersionOfFlow }>();
  /** Pages that have not received all flows yet. */
  #fresh = new Set<ServerResponse>();
  #cancelTick: (() => void) | undefined;
  #ticks = 0;

  constructor(deps: EventHubDeps) {
    this.#deps = deps;
  }

  requireRoom(account: string): void {
    const own = [...this.#listeners.values()].filter((listener) => listener.account === account).length;
    if (this.#listeners.size < MOST_LISTENERS && own < MOST_OF_ACCOUNT) return;
    throw new AppError('EVENTS_FULL', 'transient', 'Too many pages already listen for events, either yours or in total.', {
      fix: 'Close some.',
      retryAfterMs: 10_000,
    });
  }

  add(response: ServerResponse, listener: Listener): void {
    this.#listeners.set(response, listener);
    this.#fresh.add(response);
    response.once('close', () => this.#forget(response));
    response.write('retry: 2000\n\n');
    this.#schedule();
  }

  send(event: string, data: EventData): void {
    for (const response of this.#listeners.keys()) write(response, event, data);
  }

  flowPublished(flow: VersionOfFlow): void {
    this.#sendPublished(flow).catch((error: unknown) => this.#deps.logger.error('events.flow', error));
  }

  draftSaved({ flowId, revision, domain }: SavedDraft): void {
    for (const [response, { flowId: watched, rights }] of this.#listeners) {
      if (watched === flowId && rights.seesFlows && scopeOf(rights.domains).holds(domain)) write(response, 'draft', { flowId, revision });
    }
  }

  stop(): void {
    this.#cancelTick?.();
    for (const response of this.#listeners.keys()) this.#end(response);
  }

  #schedule(): void {
    if (this.#cancelTick !== undefined || this.#listeners.size === 0) return;
    const { clock, logger } = this.#deps;
    this.#cancelTick = clock.after(TICK_MS, () => {
      this.#tick()
        .catch((error: unknown) => logger.error('events.counts', error))
        .finally(() => {
          this.#cancelTick = undefined;
          this.#schedule();
        });
    });
  }

  async #tick(): Promise<void> {
    this.#ticks += 1;
    if (this.#ticks % CHECK_TICKS === 0) await this.#recheckPages();
    for (const [domains, pages] of byDomains([...this.#listeners])) {
      const now = await this.#deps.counts(domains);
      for (const [response] of pages) write(response, 'counts', now);
    }
    if (this.#ticks % FLOW_TICKS === 0) await this.#sendFlows();
  }

  async #recheckPages(): Promise<void> {
    for (const [response, listener] of this.#listeners) {
      const rights = await listener.look();
      if (rights === undefined) this.#end(response);
      else if (this.#listeners.has(response)) this.#listeners.set(response, { ...listener, rights });
    }
  }

  async #sendFlows(): Promise<void> {
    const pages = [...this.#listeners].filter(([, { rights }]) => rights.seesFlows);
    if (pages.length === 0) return;
    const all = await this.#deps.flows.list();
    const before = this.#sent;
    const sent = new Map(all.map((flow) => [flow.flowId, { text: JSON.stringify(flow), flow }]));
    this.#sent = sent;
    const changed = all.filter(({ flowId }) => before.get(flowId)?.text !== sent.get(flowId)!.text);
    const gone = [...before.values()].filter(({ flow }) => !sent.has(flow.flowId)).map(({ flow }) => flow);
    const firstTime = this.#fresh;
    this.#fresh = new Set();
    for (const [domains, some] of byDomains(pages)) {
      const sees = await this.#deps.seesOf(domains);
      const goneHere = gone.filter(sees).map(({ flowId }) => flowId);
      for (const [response] of some) {
        const items = (firstTime.has(response) ? all : changed).filter(sees);
        if (items.length > 0 || goneHere.length > 0) write(response, 'flows', { items, gone: goneHere });
      }
      await this.#sendWatched(some, sees);
    }
  }

  async #sendWatched(pages: readonly Page[], sees: CanSee): Promise<void> {
    for (const [flowId, watching] of Map.groupBy(pages, ([, page]) => page.flowId)) {
      const detail = flowId === undefined ? undefined : await this.#deps.flows.get(flowId);
      if (detail === undefined || !sees(detail)) continue;
      for (const [response] of watching) write(response, 'flow-live', { ...detail });
    }
  }

  async #sendPublished(flow: VersionOfFlow): Promise<void> {
    for (const [domains, pages] of byDomains([...this.#listeners])) {
      const sees = await this.#deps.seesOf(domains);
      if (sees(flow)) for (const [response] of pages) write(response, 'flow', { ...flow });
    }
  }

  #end(response: ServerResponse): void {
    this.#forget(response);
    response.end();
  }

  #forget(response: ServerResponse): void {
    this.#listeners.delete(response);
    this.#fresh.delete(response);
  }
}

function write(response: ServerResponse, event: string, data: EventData): void {
  if (response.writableLength > MOST_BUFFERED_BYTES) response.destroy();
  else response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** Groups pages with the same domains, so that one read serves all pages of a group. */
function byDomains(pages: readonly Page[]): readonly (readonly [Domains, readonly Page[]])[] {
  const groups = Map.groupBy(pages, ([, { rights }]) => JSON.stringify(rights.domains));
  return [...groups.values()].map((group) => [group[0]![1].rights.domains, group]);
}
