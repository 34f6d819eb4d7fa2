import { ServerResponse } from 'node:http';
import type { Exchange, Handling, PolicyDeps, TargetCall, TargetRequest } from '../contract.ts';
import { refuse } from '../errors.ts';
import { HttpExchange } from '../listen/exchange.ts';
import { runPolicies, type Step } from './run-policies.ts';

export interface TargetParts {
  readonly deadlineMs: number;
  readonly handling: Handling;
  /** The policies between the stages `cache` and `call`. */
  readonly steps: readonly Step[];
  /** The stage `call`. */
  readonly call: (exchange: Exchange) => void | Promise<void>;
}

/**
 * Creates the function by which a policy of the stage `cache` calls the target of its interface. The call has an
 * exchange of its own, so that it can outlive the request and can serve several requests. It has the interface's whole
 * time limit, and its response is held as a whole.
 */
export function createCallTarget(
  parts: TargetParts,
  { clock, log }: Pick<PolicyDeps, 'clock' | 'log'>,
): (exchange: Exchange, request: TargetRequest) => TargetCall {
  // The response must not be streamed, because the exchange has no client.
  const handling: Handling = { ...parts.handling, answerReaders: [...parts.handling.answerReaders, 'call-target'] };
  return (exchange, request) => {
    const own = detach(exchange, request, clock.now(), parts.deadlineMs);
    own.handling = handling;
    return { ended: run(own, parts, log), leave: () => own.end() };
  };
}

/** For policies that run without an interface, or without a request. */
export function noTarget(): never {
  throw new TypeError('there is no target at this stage');
}

async function run(exchange: HttpExchange, { steps, call }: TargetParts, log: PolicyDeps['log']): Promise<Exchange> {
  try {
    const result = await runPolicies(exchange, steps, 0);
    if (result === undefined) {
      exchange.isCalled = true;
      await call(exchange);
    } else if ('code' in result) exchange.error = result;
    else exchange.answer = result;
  } catch (thrown) {
    log.error('gateway.bug', thrown, { traceId: exchange.traceId });
    exchange.error = refuse('GW50001');
  } finally {
    exchange.endCall();
  }
  return exchange;
}

/** Returns an exchange with the same request, whose client is never written to. */
function detach(of: Exchange, request: TargetRequest, now: number, deadlineMs: number): HttpExchange {
  const own = new HttpExchange(of.front, of.request, new ServerResponse(of.request), now, deadlineMs);
  const { plan, traceId, traceparent, clientIp, host, interface: called, params } = of;
  return Object.assign(own, { plan, traceId, traceparent, clientIp, host, interface: called, params, ...request });
}
