import type { Front } from '../../engine/contract/access/access.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Answer, CacheOutcome, Exchange, PolicyDeps, PolicyResult } from '../contract.ts';
import { digestCacheTag } from '../documents/cache-purge.ts';
import { refuse } from '../errors.ts';
import type { CacheRequest } from './cache-key.ts';
import { Flight, hasFailed, type Landing } from './flight.ts';
import { judgeAnswer, type Verdict } from './judge-answer.ts';
import { MemoryCache, type CachedAnswer } from './memory-cache.ts';
import { PurgeLog } from './purge-log.ts';
import { SharedCache } from './shared-cache.ts';

/** How the responses of an interface are cached. */
export interface CacheRules {
  readonly interfaceId: string;
  readonly ttlMs: number;
  /** How long a response may still be used after its time, while it is renewed. */
  readonly staleMs: number;
  /** True if the responses also go into the shared state. */
  readonly usesShared: boolean;
  readonly callTarget: PolicyDeps['callTarget'];
  /** Returns whether a request header, by its lower-case name, belongs to the key. */
  selects(header: string): boolean;
}

type Deps = Pick<PolicyDeps, 'clock' | 'crypto' | 'shared' | 'sharedSeal' | 'metrics' | 'report' | 'settings'>;

const USUAL_BYTES = 64 * 1024 * 1024;
/** Responses that are renewed in the background at the same time. */
const MOST_RENEWALS = 64;
const RENEW_AGAIN_MS = 1000;
/** How long requests with a key do not wait for each other after a response that could not be shared. */
const ALONE_MS = 10_000;
const MOST_ALONE = 10_000;
/** The time of a response differs by this share, so that responses that came together do not end together. */
const JITTER = 0.1;
const MOST_TAGS = 16;

/** The response cache of one gateway: a part in memory, and a part in the shared state. */
export class ResponseCache {
  readonly #deps: Deps;
  readonly #clock: Clock;
  readonly #memory: MemoryCache;
  readonly #shared: SharedCache;
  readonly #purges: PurgeLog;
  readonly #flights = new Map<string, Flight>();
  /** Keys whose responses cannot be shared, with the time until when this is remembered. */
  readonly #alone = new Map<string, number>();
  #renewals = 0;

  constructor(deps: Deps, front: Front) {
    const { clock, metrics, report, settings } = deps;
    const limitBytes = settings.limits?.cacheBytes ?? USUAL_BYTES;
    this.#deps = deps;
    this.#clock = clock;
    this.#memory = new MemoryCache(limitBytes);
    this.#shared = new SharedCache({ ...deps, limitBytes, onDown: (code) => this.#purges.noteDown(code) });
    this.#purges = new PurgeLog({
      ...deps,
      onPurge: (purge) => metrics.count('gateway_cache_purges_total', { interface: purge?.interfaceId ?? 'all' }),
      onChange: (isDown, code) => report({ kind: isDown ? 'cache-shared-down' : 'cache-shared-up', ...(isDown && { values: { code } }) }),
    });
    metrics.gauge('gateway_cache_bytes', () => this.#memory.bytes, { front });
  }

  stop(): void {
    this.#purges.stop();
  }

  /** Answers a request from the cache, or calls the target once for all requests with its key. */
  answer(exchange: Exchange, request: CacheRequest, rules: CacheRules): PolicyResult | Promise<PolicyResult> {
    const entry = this.#find(request.key);
    if (entry === undefined) return this.#join(exchange, request, rules);
    return this.#use(entry, exchange, request, rules);
  }

  /** Returns what `answer` would return from memory, without side effects. */
  peek({ key }: CacheRequest): Answer | undefined {
    const entry = this.#find(key);
    return entry && this.#toAnswer(entry);
  }

  #find(key: string): CachedAnswer | undefined {
    const entry = this.#memory.get(key);
    if (entry === undefined) return undefined;
    if (this.#clock.monotonic() < entry.staleUntil && this.#purges.isCurrent(entry)) {
      // The next look-up need not compare it with the same purges again.
      entry.number = this.#purges.number;
      return entry;
    }
    this.#memory.delete(key);
    return undefined;
  }

  #use(entry: CachedAnswer, exchange: Exchange, request: CacheRequest, rules: CacheRules): Answer {
    const isStale = this.#clock.monotonic() >= entry.freshUntil;
    if (isStale) this.#renew(entry, exchange, request, rules);
    this.#note(exchange, isStale ? 'stale' : 'hit');
    return this.#toAnswer(entry);
  }

  /** Returns a copy, because later policies change headers. */
  #toAnswer({ key, status, headers: stored, body, bornAt, freshUntil }: CachedAnswer): Answer {
    const now = this.#clock.monotonic();
    const headers: Record<string, string> = { ...stored, age: String(Math.max(0, Math.floor((now - bornAt) / 1000))) };
    // Floor, so that a stale response has a negative time (RFC 9211, 2.3).
    addStatus(headers, `hit; ttl=${Math.floor((freshUntil - now) / 1000)}`, key);
    return { status, headers, body };
  }

  async #join(exchange: Exchange, request: CacheRequest, rules: CacheRules): Promise<PolicyResult> {
    for (let round = 1; ; round++) {
      const running = this.#running(request.key, rules);
      const flight = running ?? this.#begin(exchange, request, rules);
      const landing = await flight.wait(exchange, this.#clock);
      if (landing === undefined) return refuse('GW50401');
      if (landing.kind === 'cached') return this.#use(landing.entry, exchange, request, rules);
      if (running === undefined) return this.#pass(landing, exchange, request.key);
      // If a flight fails, all that waited for it wait for one more. The first of them begins it.
      const isFailed = hasFailed(landing);
      if (isFailed ? round > 1 : landing.isShareable) return this.#pass(landing, exchange, request.key, true);
      if (exchange.response.destroyed) return refuse('GW50401');
    }
  }

  /** Returns the flight that a request may wait for. One that began before a purge may bring a response from before. */
  #running(key: string, { interfaceId }: CacheRules): Flight | undefined {
    const flight = this.#flights.get(key);
    return flight !== undefined && this.#purges.isCurrent({ interfaceId, key, tags: [], number: flight.number }) ? flight : undefined;
  }

  #begin(exchange: Exchange, request: CacheRequest, rules: CacheRules, isRenewal = false): Flight {
    const { key } = request;
    const remove = () => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    };
    const flight = new Flight(this.#purges.number, remove);
    if (!this.#isAlone(key)) this.#flights.set(key, flight);
    flight.landing = this.#fly(flight, exchange, request, rules, isRenewal).finally(remove);
    return flight;
  }

  async #fly(
    flight: Flight,
    exchange: Exchange,
    request: CacheRequest,
    rules: CacheRules,
    isRenewal: boolean,
  ): Promise<Landing | undefined> {
    const { key, target } = request;
    if (rules.usesShared && this.#purges.isConnected) {
      const entry = await this.#shared.read(key);
      if (entry !== undefined && this.#isUsable(entry, isRenewal)) {
        this.#memory.set(entry);
        return { kind: 'cached', entry };
      }
      if (flight.isGivenUp) return undefined;
    }
    flight.call = rules.callTarget(exchange, target);
    const called = await flight.call.ended;
    if (called.answer === undefined && called.error === undefined) return undefined;
    return { kind: 'called', exchange: called, ...this.#keep(called.answer, flight, key, rules) };
  }

  #isUsable(entry: CachedAnswer, mustBeFresh: boolean): boolean {
    const until = mustBeFresh ? entry.freshUntil : entry.staleUntil;
    return this.#clock.monotonic() < until && this.#purges.isCurrent(entry);
  }

  /** Stores a response of the target if it may be stored. */
  #keep(answer: Answer | undefined, flight: Flight, key: string, rules: CacheRules): { isShareable: boolean; isStored: boolean } {
    if (answer === undefined) return { isShareable: false, isStored: false };
    const verdict = judgeAnswer(answer, rules.selects);
    const tags = this.#takeTags(answer);
    if (answer.status < 500 && !verdict.isShareable) this.#setAlone(key);
    // A target that fails does not take away what it has answered before.
    if (answer.status < 500 && !verdict.isStorable) this.#drop(key, rules);
    const origin = { interfaceId: rules.interfaceId, key, tags, number: flight.number };
    if (!verdict.isStorable || !this.#purges.isCurrent(origin)) return { isShareable: verdict.isShareable, isStored: false };
    const entry = this.#toEntry(answer, verdict, origin, rules);
    this.#memory.set(entry);
    this.#alone.delete(key);
    if (rules.usesShared && this.#purges.isConnected) void this.#shared.write(entry);
    this.#deps.metrics.count('gateway_cache_stores_total', { interface: rules.interfaceId });
    return { isShareable: true, isStored: true };
  }

  #toEntry(
    { status, headers, body }: Answer,
    { freshMs = Infinity, mayBeStale, ageMs }: Verdict,
    origin: Pick<CachedAnswer, 'interfaceId' | 'key' | 'tags' | 'number'>,
    { ttlMs, staleMs }: CacheRules,
  ): CachedAnswer {
    const now = this.#clock.monotonic();
    const varied = ttlMs * (1 + JITTER * (2 * Math.random() - 1));
    const freshUntil = now + Math.min(varied, freshMs);
    return {
      ...origin,
      status,
      headers: { ...headers },
      // A copy, because a small Buffer can keep a larger block of memory alive.
      body: body === undefined ? new Uint8Array(0) : Uint8Array.from(body),
      bornAt: now - ageMs,
      freshUntil,
      staleUntil: freshUntil + (mayBeStale ? staleMs : 0),
      retryAt: 0,
    };
  }

  /** Removes the tags that the target has given its response. They are not meant for callers. */
  #takeTags({ headers }: Answer): readonly string[] {
    const { 'cache-tag': list } = headers;
    if (list === undefined) return [];
    delete headers['cache-tag'];
    const names = list.split(',', MOST_TAGS).map((tag) => tag.trim());
    return names.filter((tag) => tag !== '').map((tag) => digestCacheTag(tag, this.#deps.crypto));
  }

  #drop(key: string, { usesShared }: CacheRules): void {
    const hadEntry = this.#memory.get(key) !== undefined;
    this.#memory.delete(key);
    if (hadEntry && usesShared && this.#purges.isConnected) void this.#shared.remove(key);
  }

  /** Renews a response in the background, with at most one call for each key. */
  #renew(entry: CachedAnswer, exchange: Exchange, request: CacheRequest, rules: CacheRules): void {
    if (this.#flights.has(entry.key) || this.#renewals >= MOST_RENEWALS || this.#clock.monotonic() < entry.retryAt) return;
    this.#renewals++;
    const flight = this.#begin(exchange, request, rules, true);
    const release = flight.hold();
    void flight.landing.then((landing) => {
      this.#renewals--;
      if (landing?.kind === 'called') landing.exchange.span?.end({}, landing.exchange.error?.code);
      const isFailed = landing === undefined || hasFailed(landing);
      if (isFailed && this.#memory.get(entry.key) === entry)
        this.#memory.set({ ...entry, retryAt: this.#clock.monotonic() + RENEW_AGAIN_MS });
      release();
    });
  }

  /** Gives a request the result of a call: of its own, or of another request. */
  #pass(landing: Landing & { kind: 'called' }, exchange: Exchange, key: string, isShared = false): PolicyResult {
    const { exchange: called, isShareable, isStored } = landing;
    this.#note(exchange, isShared ? 'shared' : 'miss');
    exchange.isCalled = called.isCalled;
    exchange.decidedBy = called.decidedBy;
    if (!isShared) {
      exchange.attempts = called.attempts;
      exchange.span ??= called.span;
    }
    if (called.answer === undefined) return called.error;
    // An error page of the target may belong to one caller.
    if (isShared && !isShareable) return refuse('GW50201', { retryAfterSec: 1 });
    const { headers, ...answer } = called.answer;
    const own = { ...headers };
    addStatus(own, `fwd=miss${isStored ? '; stored' : ''}${isShared ? '; collapsed' : ''}`, key);
    return { ...answer, headers: own };
  }

  #note(exchange: Exchange, outcome: CacheOutcome): void {
    exchange.cached = outcome;
    this.#deps.metrics.count('gateway_cache_total', { interface: exchange.interface!.interfaceId, outcome });
  }

  #isAlone(key: string): boolean {
    const until = this.#alone.get(key);
    if (until === undefined) return false;
    if (this.#clock.monotonic() < until) return true;
    this.#alone.delete(key);
    return false;
  }

  #setAlone(key: string): void {
    this.#alone.delete(key);
    this.#alone.set(key, this.#clock.monotonic() + ALONE_MS);
    if (this.#alone.size > MOST_ALONE) for (const oldest of this.#alone.keys()) return void this.#alone.delete(oldest);
  }
}

/** Adds what the cache did (RFC 9211). A cache nearer to the target has written its part before. */
function addStatus(headers: Record<string, string>, status: string, key: string): void {
  const before = headers['cache-status'];
  headers['cache-status'] = `${before === undefined ? '' : `${before}, `}kangqiao; ${status}; key="${key}"`;
}
