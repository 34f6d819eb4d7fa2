import type { Socket } from 'node:net';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger, Metrics } from '../../engine/contract/values/observe.ts';
import { createThrottledWarning } from '../../engine/contract/values/throttled-warning.ts';
import type { Exchange } from '../contract.ts';
import type { ForwardNode, GatewayLimits } from '../settings.ts';
import { createTurns } from '../shared/create-turns.ts';

/**
 * Number of wrong signatures after which the connection is closed. A gateway in the DMZ refuses wrong signatures
 * itself, so even one is suspicious. A few are tolerated, because the plan there may differ from the plan here.
 */
const FORGED_OF_CONNECTION = 3;
/** Maximum number of plans being sent to one node. A plan that the node does not read stays in memory as a whole. */
const PLANS_OF_NODE = 8;

/**
 * Counts one more call or plan for the node, and returns the function that ends it. Returns undefined if the node, or
 * all nodes together, have reached their limit.
 */
export type TakePlace = (node: ForwardNode) => (() => void) | undefined;

/**
 * Limits what gateways in the DMZ may use inside. An attacker who has taken over such a gateway has its certificate and
 * can send anything.
 */
export interface NodeBounds {
  readonly takeCall: TakePlace;
  readonly takePlan: TakePlace;
  /**
   * Checks a signature by a public key when it is the turn of its node. Each check takes a fraction of a millisecond,
   * and other work must not wait while one node has a thousand of them. A connection with several wrong signatures is
   * closed after the response.
   */
  check(exchange: Exchange, check: () => boolean | Promise<boolean>): boolean | Promise<boolean>;
}

export interface NodeBoundsDeps {
  readonly limits: GatewayLimits;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

export function createNodeBounds({ limits, log, metrics, clock }: NodeBoundsDeps): NodeBounds {
  const turns = createTurns<string>(1);
  const forged = new WeakMap<Socket, number>();
  const warn = createThrottledWarning(log, clock, 'gateway.forward-forged');

  function judge({ relay, request: { socket }, response }: Exchange, holds: boolean): boolean {
    if (holds) return true;
    const count = (forged.get(socket) ?? 0) + 1;
    forged.set(socket, count);
    if (count >= FORGED_OF_CONNECTION) response.shouldKeepAlive = false;
    metrics.count('gateway_forward_forged_total');
    warn({ node: relay!.node });
    return false;
  }

  return {
    takeCall: createPlaces(limits.maxForwardedCallsPerNode, limits.maxForwardedCalls),
    takePlan: createPlaces(PLANS_OF_NODE, Infinity),
    check(exchange, check) {
      const turn = turns.take(exchange.relay!.node);
      const holds = turn === undefined ? check() : turn.then(check);
      return holds instanceof Promise ? holds.then((late) => judge(exchange, late)) : judge(exchange, holds);
    },
  };
}

function createPlaces(ofNode: number, ofAll: number): TakePlace {
  const taken = new Map<ForwardNode, number>();
  let all = 0;
  return (node) => {
    const before = taken.get(node) ?? 0;
    if (before >= ofNode || all >= ofAll) return undefined;
    taken.set(node, before + 1);
    all++;
    return () => {
      taken.set(node, taken.get(node)! - 1);
      all--;
    };
  };
}
