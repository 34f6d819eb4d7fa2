/** Counts calls that limits refused, by minute. So a flood of refused calls is one event, and pushes out no others. */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { GatewayEvent, StateChange } from '../documents/gateway-questions.ts';
import type { HttpExchange } from '../listen/exchange.ts';

/** Rates, quotas and concurrency. A breaker has events of its own. */
const CODES: ReadonlySet<string> = new Set(['GW42901', 'GW42902', 'GW50301']);
const MINUTE_MS = 60_000;
const MOST_KEPT = 500;

type Refused = Pick<HttpExchange, 'error' | 'decidedBy' | 'interface' | 'notes'>;

export class LimitedMinutes {
  readonly #clock: Pick<Clock, 'now'>;
  /** In the order in which their minutes began. */
  readonly #counts = new Map<string, { at: number; refused: number; readonly event: Omit<StateChange, 'values'>; by: string }>();

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  ended({ error, decidedBy = '', interface: found, notes }: Refused): void {
    if (error === undefined || !CODES.has(error.code)) return;
    const at = this.#clock.now();
    const by = notes.findLast(({ policy }) => policy === decidedBy)?.where ?? '';
    const key = `${Math.floor(at / MINUTE_MS)} ${found?.interfaceId ?? ''} ${decidedBy} ${by}`;
    const known = this.#counts.get(key);
    if (known !== undefined) {
      known.at = at;
      known.refused += 1;
      return;
    }
    const event = { kind: 'limited', ...(found !== undefined && { interfaceId: found.interfaceId }), subject: decidedBy };
    this.#counts.set(key, { at, refused: 1, event, by });
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > MOST_KEPT) this.#counts.delete(oldest!);
  }

  /** Returns one event for each minute, interface and limit: when it last refused a call, and how many in this minute. */
  list(): readonly GatewayEvent[] {
    return Array.from(this.#counts.values(), ({ at, refused, event, by }) => ({
      ...{ number: 0, at, ...event },
      values: { refused, ...(by === '' ? {} : { by }) },
    }));
  }
}
