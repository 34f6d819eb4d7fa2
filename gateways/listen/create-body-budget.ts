import type { Clock } from '../../engine/contract/values/clock.ts';
import { networkOf } from '../../engine/contract/calls/ip-range.ts';
import type { BodyBudget, Exchange } from '../contract.ts';
import type { ArrivingBody } from '../policy-ports.ts';
import { InFlight, type Listed } from './in-flight.ts';

/**
 * Maximum part of the memory that bodies from the DMZ may use. An attacker in the DMZ must not be able to make calls of
 * internal systems fail.
 */
const SHARE_OF_DMZ = 0.5;
/**
 * Memory that each received piece of a body takes in addition to its bytes. A body that arrives in pieces of one byte
 * takes a hundred times its size.
 */
const PIECE_BYTES = 128;
const WATCH_MS = 1000;
/** A body that receives fewer bytes per second counts as slow. Every usable network connection is far faster. */
const SLOW_BYTES = 1024;
const SLOW_WATCHES = 10;

interface Arriving extends Listed {
  /** The network of the client. Bodies of the network that holds the most bytes are dropped first. */
  readonly network: string;
  readonly isRelayed: boolean;
  readonly letGo: (why: 'full' | 'slow') => void;
  isArriving: boolean;
  heldBytes: number;
  receivedBytes: number;
  receivedBefore: number;
  slowWatches: number;
  /** Number of the last piece received. The body with the smallest number has waited longest. */
  lastPiece: number;
}

interface BodyBudgetOptions {
  readonly limitBytes: number;
  readonly clock: Clock;
}

/**
 * Counts the memory for arriving bodies, because unauthenticated clients must not fill it. When it is full, a body is
 * dropped: of the network that holds the most arriving bytes, the body that has waited longest for its next piece. So
 * small bodies succeed however many bytes other networks send. Memory is not divided by app, because the app is not yet
 * authenticated here: a stranger could name an app and use up its part. A body that receives less than 1 KB a second
 * for ten seconds is dropped.
 */
export function createBodyBudget(options: BodyBudgetOptions): BodyBudget {
  return new SharedBodyBudget(options);
}

class SharedBodyBudget implements BodyBudget {
  readonly #limitBytes: number;
  readonly #clock: Clock;
  readonly #arriving = new InFlight<Arriving>();
  #usedBytes = 0;
  #relayedBytes = 0;
  #pieces = 0;
  #isWatching = false;

  constructor({ limitBytes, clock }: BodyBudgetOptions) {
    this.#limitBytes = limitBytes;
    this.#clock = clock;
  }

  begin({ clientIp, relay }: Pick<Exchange, 'clientIp' | 'relay'>, letGo: Arriving['letGo']): ArrivingBody {
    const body: Arriving = {
      ...{ place: -1, network: networkOf(clientIp), isRelayed: relay !== undefined, letGo, isArriving: true },
      ...{ heldBytes: 0, receivedBytes: 0, receivedBefore: 0, slowWatches: 0, lastPiece: this.#pieces },
    };
    this.#arriving.add(body);
    if (!this.#isWatching) this.#watchSoon();
    return { add: (bytes) => this.#add(body, bytes), end: () => this.#end(body), release: () => this.#release(body) };
  }

  take(bytes: number): boolean {
    this.#usedBytes += bytes;
    while (this.#usedBytes > this.#limitBytes) {
      const gone = this.#makeRoom(false);
      if (gone === undefined) {
        this.#usedBytes -= bytes;
        return false;
      }
      gone.letGo('full');
    }
    return true;
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
  }

  #add(body: Arriving, bytes: number): boolean {
    body.receivedBytes += bytes;
    body.lastPiece = ++this.#pieces;
    this.#count(body, bytes + PIECE_BYTES);
    for (;;) {
      const isDmzFull = body.isRelayed && this.#relayedBytes > this.#limitBytes * SHARE_OF_DMZ;
      if (this.#usedBytes <= this.#limitBytes && !isDmzFull) return true;
      const gone = this.#makeRoom(isDmzFull)!;
      if (gone === body) return false;
      gone.letGo('full');
    }
  }

  #end(body: Arriving): void {
    if (!body.isArriving) return;
    body.isArriving = false;
    this.#arriving.remove(body);
  }

  #release(body: Arriving): void {
    this.#end(body);
    this.#count(body, -body.heldBytes);
  }

  #count(body: Arriving, bytes: number): void {
    body.heldBytes += bytes;
    this.#usedBytes += bytes;
    if (body.isRelayed) this.#relayedBytes += bytes;
  }

  /** Drops one arriving body and returns it. Returns undefined when no body is arriving. */
  #makeRoom(isOfDmz: boolean): Arriving | undefined {
    const arriving = this.#arriving.all();
    const found = findStalest(isOfDmz ? arriving.filter(({ isRelayed }) => isRelayed) : arriving);
    if (found !== undefined) this.#release(found);
    return found;
  }

  #watchSoon(): void {
    this.#isWatching = true;
    this.#clock.after(WATCH_MS, () => this.#watch());
  }

  #watch(): void {
    for (const body of this.#arriving.all()) {
      body.slowWatches = body.receivedBytes - body.receivedBefore < SLOW_BYTES ? body.slowWatches + 1 : 0;
      body.receivedBefore = body.receivedBytes;
      if (body.slowWatches < SLOW_WATCHES) continue;
      this.#release(body);
      body.letGo('slow');
    }
    if (this.#arriving.size > 0) this.#watchSoon();
    else this.#isWatching = false;
  }
}

/**
 * Returns the body to drop: of the network that holds the most bytes, the body that has waited longest for its next
 * piece. Scans all bodies. This is cheap enough, because each scan drops one body and closes its connection.
 */
function findStalest(bodies: readonly Arriving[]): Arriving | undefined {
  const held = new Map<string, number>();
  for (const { network, heldBytes } of bodies) held.set(network, (held.get(network) ?? 0) + heldBytes);
  let found: Arriving | undefined;
  for (const body of bodies) {
    const more = found === undefined ? 1 : held.get(body.network)! - held.get(found.network)!;
    if (more > 0 || (more === 0 && body.lastPiece < found!.lastPiece)) found = body;
  }
  return found;
}
