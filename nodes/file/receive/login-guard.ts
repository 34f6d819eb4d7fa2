import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../../engine/contract/values/clock.ts';

const MAX_FAILURES = 5;
const WINDOW_MS = 600_000;
/** When more addresses than this fail, the oldest are forgotten. */
const MAX_ADDRESSES = 10_000;

/** Knows the users and their passwords, and refuses an address after several failed logins. */
export class LoginGuard {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #digests: ReadonlyMap<string, Buffer>;
  readonly #failures = new Map<string, { count: number; sinceMs: number }>();

  /** `credential` has one user per line, as `name:password`. */
  constructor(credential: string, clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
    const lines = credential.split(/\r?\n/).filter((line) => line.includes(':'));
    this.#digests = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')), digestOf(line.slice(line.indexOf(':') + 1))]));
  }

  get hasUsers(): boolean {
    return this.#digests.size > 0;
  }

  isBlocked(address: string): boolean {
    const known = this.#failures.get(address);
    if (known === undefined) return false;
    if (this.#clock.monotonic() - known.sinceMs < WINDOW_MS) return known.count >= MAX_FAILURES;
    this.#failures.delete(address);
    return false;
  }

  logIn(address: string, user: string, password: string): boolean {
    const digest = digestOf(password);
    // An unknown user takes as long as a wrong password.
    const isRight = timingSafeEqual(this.#digests.get(user) ?? digestOf(`not ${password}`), digest);
    if (isRight) this.#failures.delete(address);
    else this.#count(address);
    return isRight;
  }

  #count(address: string): void {
    const now = this.#clock.monotonic();
    const known = this.#failures.get(address);
    const isOld = known === undefined || now - known.sinceMs >= WINDOW_MS;
    this.#failures.delete(address);
    this.#failures.set(address, isOld ? { count: 1, sinceMs: now } : { count: known.count + 1, sinceMs: known.sinceMs });
    if (this.#failures.size > MAX_ADDRESSES) this.#failures.delete(this.#failures.keys().next().value!);
  }
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
