/** Counts the calls of fronts: also those that are refused before an interface is found. */
import type { Front } from '../../engine/contract/access/access.ts';
import { createCallStats, type CallStats } from '../../engine/contract/calls/call-stats.ts';
import type { FrontCalls } from '../../engine/contract/calls/front-calls.ts';
import { RefusalSources, type Source } from '../../engine/contract/calls/refusal-sources.ts';
import { SlotSums, slotOf } from '../../engine/contract/calls/slot-sums.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { HttpExchange } from '../listen/exchange.ts';
import { codeOf, codeOfRefusal, outcomeOfCall } from './interface-calls.ts';

export interface FrontCallCounts {
  ended(exchange: HttpExchange, ms: number): void;
  /** Counts a request that could not be read. */
  unreadable(front: Front, code: string, ip: string): void;
  list(): readonly FrontCalls[];
}

export function createFrontCalls(clock: Clock): FrontCallCounts {
  const stats = createCallStats(clock);
  const counters = new Map<Front, FrontCounter>();
  const of = (front: Front): FrontCounter => {
    const counter = counters.get(front) ?? new FrontCounter(front, stats, clock);
    counters.set(front, counter);
    return counter;
  };
  return {
    ended(exchange, ms) {
      of(exchange.front).ended(exchange, ms);
    },
    unreadable(front, code, ip) {
      of(front).unreadable(code, ip);
    },
    list() {
      const counts = new Map(stats.counts().map((one) => [one.id, one]));
      return [...counters.values()].map((counter) => counter.list(counts.get(counter.front)!));
    },
  };
}

class FrontCounter {
  readonly front: Front;
  readonly #stats: CallStats;
  readonly #clock: Clock;
  readonly #unrouted = new SlotSums(1);
  readonly #sources = new RefusalSources();

  constructor(front: Front, stats: CallStats, clock: Clock) {
    this.front = front;
    this.#stats = stats;
    this.#clock = clock;
  }

  ended(exchange: HttpExchange, ms: number): void {
    const outcome = outcomeOfCall(exchange);
    if (outcome !== 'refused') this.#stats.attempted(this.front, ms, outcome, codeOf(exchange) ?? 'HTTP_SERVER_ERROR');
    const { app, claim, clientIp } = exchange;
    const claimed = (app ?? claim?.app)?.appId;
    const code = codeOfRefusal(exchange);
    this.#stats.called(this.front, ms, outcome, { code, app: claimed });
    const slot = slotOf(this.#clock);
    if (exchange.interface === undefined) this.#unrouted.add(slot, 0);
    if (outcome !== 'refused' || app !== undefined || codeOf(exchange) === undefined) return;
    this.#add(slot, code, claimed === undefined ? { ip: clientIp } : { app: claimed });
  }

  unreadable(code: string, ip: string): void {
    const slot = slotOf(this.#clock);
    this.#stats.called(this.front, 0, 'refused', { code });
    this.#unrouted.add(slot, 0);
    this.#add(slot, code, { ip });
  }

  list(all: FrontCalls['all']): FrontCalls {
    const slot = slotOf(this.#clock);
    return { front: this.front, all, unrouted: this.#unrouted.sum(slot, 0), unproven: this.#sources.list(slot) };
  }

  #add(slot: number, code: string, source: Source): void {
    this.#sources.add(slot, this.#clock.now(), code, source);
  }
}
