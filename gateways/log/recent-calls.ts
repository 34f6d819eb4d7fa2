/** The last calls of a gateway, kept only while somebody asks for them: for the events of the topic Service invocation. */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { given } from '../../engine/contract/values/given.ts';
import type { RecentCall, RecentCallPage } from '../documents/gateway-questions.ts';
import type { HttpExchange } from '../listen/exchange.ts';
import { codeOf, outcomeOfCall } from './interface-calls.ts';

const MOST_KEPT = 2_000;
/** Without a question for this long, calls are no longer kept. */
const ASKED_WITHIN_MS = 60_000;

export class RecentCalls {
  readonly #clock: Pick<Clock, 'now' | 'monotonic'>;
  #calls: RecentCall[] = [];
  #count = 0;
  #askedUntil = -Infinity;

  constructor(clock: Pick<Clock, 'now' | 'monotonic'>) {
    this.#clock = clock;
  }

  ended(exchange: HttpExchange, ms: number): void {
    if (this.#clock.monotonic() > this.#askedUntil) return;
    const { traceId, front, interface: found, app, response } = exchange;
    this.#calls.push({
      number: ++this.#count,
      at: this.#clock.now(),
      ms: Math.round(ms),
      front,
      traceId,
      outcome: outcomeOfCall(exchange),
      ...given({ interfaceId: found?.interfaceId, appId: app?.appId, code: codeOf(exchange) }),
      ...(response.headersSent ? { status: response.statusCode } : {}),
    });
    if (this.#calls.length >= 2 * MOST_KEPT) this.#calls = this.#calls.slice(-MOST_KEPT);
  }

  /** Returns the calls after the number, oldest first. Without a number, returns none, and calls are kept from now on. */
  after(number: number | undefined, limit: number): RecentCallPage {
    const now = this.#clock.monotonic();
    if (now > this.#askedUntil) this.#calls = [];
    this.#askedUntil = now + ASKED_WITHIN_MS;
    if (number === undefined) return { calls: [], newest: this.#count };
    return { calls: this.#calls.filter((call) => call.number > number).slice(0, limit), newest: this.#count };
  }
}
