import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Exchange, TargetCall } from '../contract.ts';
import type { CachedAnswer } from './memory-cache.ts';

/** How a flight ended: with a response from the shared state, or with a call of the target. */
export type Landing =
  | { readonly kind: 'cached'; readonly entry: CachedAnswer }
  | { readonly kind: 'called'; readonly exchange: Exchange; readonly isShareable: boolean; readonly isStored: boolean };

/**
 * One search for a response: in the shared state, then at the target. All requests with the same key wait for the same
 * flight. It is given up when nobody waits for it any more.
 */
export class Flight {
  /** The number of the last purge when the flight began. */
  readonly number: number;
  /** Resolves with undefined if the flight was given up. */
  landing: Promise<Landing | undefined> = Promise.resolve(undefined);
  call: TargetCall | undefined;
  #isGivenUp = false;
  #holders = 0;
  readonly #onGivenUp: () => void;

  constructor(number: number, onGivenUp: () => void) {
    this.number = number;
    this.#onGivenUp = onGivenUp;
  }

  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  /** Keeps the flight and its response until the returned function is called. */
  hold(): () => void {
    this.#holders++;
    return () => {
      if (--this.#holders > 0) return;
      this.#isGivenUp = true;
      this.#onGivenUp();
      this.call?.leave();
    };
  }

  /** Waits until the flight has landed; returns undefined at the deadline of the request, or if it was given up. */
  wait(exchange: Exchange, clock: Clock): Promise<Landing | undefined> {
    exchange.onEnd(this.hold());
    return new Promise((resolve) => {
      const cancel = clock.after(Math.max(0, exchange.deadlineMs - clock.now()), () => resolve(undefined));
      void this.landing.then((landing) => {
        cancel();
        resolve(landing);
      });
    });
  }
}

/** Returns whether the target did not respond, or could not process the request. */
export function hasFailed(landing: Landing): boolean {
  return landing.kind === 'called' && (landing.exchange.answer === undefined || landing.exchange.answer.status >= 500);
}
