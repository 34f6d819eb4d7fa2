import type { Clock } from '../../engine/contract/values/clock.ts';
import { networkOf } from '../../engine/contract/calls/ip-range.ts';
import type { ArrivingBody, BodyBudget } from '../contract.ts';
import { InFlight, type Listed } from './in-flight.ts';

/** Who has broken into the DMZ may not have so much held that calls of internal systems are refused. */
const SHARE_OF_DMZ = 0.5;
/** What each piece of a body takes beside its bytes: a body of pieces of one byte is a hundred times as large in memory. */
const PIECE_BYTES = 128;
const WATCH_MS = 1000;
/** Far below any line that could bring a body of some size within the time of a request. */
const SLOW_BYTES = 1024;
const SLOW_WATCHES = 10;

interface Arriving extends Listed {
  /** Bodies of one network make room for one another first. */
  readonly network: string;
  readonly isRelayed: boolean;
  readonly letGo: (why: 'full' | 'slow') => void;
  isArriving: boolean;
  heldBytes: number;
  receivedBytes: number;
  receivedBefore: number;
  slowWatches: number;
  /** Grows with every piece that comes for any body: the smallest has waited longest. */
  lastPiece: number;
}

/**
 * Bodies of strangers arrive before they have proved anything, so the budget is no place to be filled by one: when it is full, the network with the most that
 * is arriving gives way, by the body that has waited longest for its next piece. Whoever wants little goes on, however much somebody else holds. (No share by
 * app: its name is only claimed here, and a stranger could use up the share of whom he names.) A body that brings less than 1 KB a second for ten is let go.
 */
export function createBodyBudget({ limitBytes, clock }: { readonly limitBytes: number; readonly clock: Clock }): BodyBudget {
  const arriving = new InFlight<Arriving>();
  let usedBytes = 0;
  let relayedBytes = 0;
  let pieces = 0;
  let isWatching = false;

  function count(body: Arriving, bytes: number): void {
    body.heldBytes += bytes;
    usedBytes += bytes;
    if (body.isRelayed) relayedBytes += bytes;
  }

  function end(body: Arriving): void {
    if (!body.isArriving) return;
    body.isArriving = false;
    arriving.remove(body);
  }

  function release(body: Arriving): void {
    end(body);
    count(body, -body.heldBytes);
  }

  /** Lets one go; undefined when none is arriving. */
  function makeRoom(isOfDmz: boolean): Arriving | undefined {
    const found = findStalest(isOfDmz ? arriving.all().filter(({ isRelayed }) => isRelayed) : arriving.all());
    if (found !== undefined) release(found);
    return found;
  }

  function watch(): void {
    for (const body of arriving.all()) {
      body.slowWatches = body.receivedBytes - body.receivedBefore < SLOW_BYTES ? body.slowWatches + 1 : 0;
      body.receivedBefore = body.receivedBytes;
      if (body.slowWatches < SLOW_WATCHES) continue;
      release(body);
      body.letGo('slow');
    }
    isWatching = arriving.size > 0;
    if (isWatching) clock.after(WATCH_MS, watch);
  }

  function add(body: Arriving, bytes: number): boolean {
    body.receivedBytes += bytes;
    body.lastPiece = ++pieces;
    count(body, bytes + PIECE_BYTES);
    for (;;) {
      const isDmzFull = body.isRelayed && relayedBytes > limitBytes * SHARE_OF_DMZ;
      if (usedBytes <= limitBytes && !isDmzFull) return true;
      const gone = makeRoom(isDmzFull)!;
      if (gone === body) return false;
      gone.letGo('full');
    }
  }

  return {
    begin({ clientIp, relay }, letGo): ArrivingBody {
      const body: Arriving = {
        ...{ place: -1, network: networkOf(clientIp), isRelayed: relay !== undefined, letGo, isArriving: true },
        ...{ heldBytes: 0, receivedBytes: 0, receivedBefore: 0, slowWatches: 0, lastPiece: pieces },
      };
      arriving.add(body);
      if (!isWatching) {
        isWatching = true;
        clock.after(WATCH_MS, watch);
      }
      return { add: (bytes) => add(body, bytes), end: () => end(body), release: () => release(body) };
    },
    take(bytes) {
      usedBytes += bytes;
      while (usedBytes > limitBytes) {
        const gone = makeRoom(false);
        if (gone === undefined) {
          usedBytes -= bytes;
          return false;
        }
        gone.letGo('full');
      }
      return true;
    },
    give: (bytes) => void (usedBytes -= bytes),
  };
}

/** Of the network that holds most. Looks at all, but each look ends one, and with it the connection that it came by. */
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
