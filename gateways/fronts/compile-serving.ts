/**
 * Compiles a plan for a front. Keeps what outlives a plan: connections, retry budgets and the cache of compiled parts.
 */
import { createMemo } from '../pipeline/create-memo.ts';
import type { RunCall } from '../pipeline/compile-interface.ts';
import type { AccessLog, BodyBudget, JsonReader, Policy, PolicyDeps } from '../contract.ts';
import type { Front } from '../../engine/contract/access/access.ts';
import type { GatewayPlan } from '../documents/gateway-plan.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import type { InterfaceCalls } from '../log/interface-calls.ts';
import { createVerify } from '../pipeline/create-verify.ts';
import { createFlowCall } from '../flow-target/call-flow.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import { createRetryBudget, type RetryBudget } from '../upstream/create-retry-budget.ts';
import type { NodeBounds } from '../pipeline/create-node-bounds.ts';
import { createPools, type UpstreamPools } from '../upstream/create-pools.ts';
import type { GatewayOptions } from './gateway-options.ts';
import { createForwardCall, policiesOfDmz } from '../forward/forward-call.ts';
import { type CompiledFront, compileFront } from '../pipeline/compile-front.ts';
import { createThrottledWarning } from '../../engine/contract/values/throttled-warning.ts';
import { createInterfaceCheck } from '../pipeline/check-interface.ts';
import { createUpstreamCall } from '../upstream/upstream-call.ts';
import { compileNodeFronts, type NodeFronts } from '../forward/create-entrance.ts';
import { createPlanIndex } from '../plan/create-plan-index.ts';

/** A compiled plan: for this gateway's own callers, and for nodes in the DMZ. */
export interface Serving {
  readonly own: CompiledFront;
  readonly nodes: NodeFronts;
}

export interface ServingParts {
  readonly options: GatewayOptions;
  readonly logger: Logger;
  readonly policies: readonly Policy[];
  readonly accessLog: AccessLog;
  readonly bodies: BodyBudget;
  readonly bounds: NodeBounds;
  readonly calls: InterfaceCalls;
  readonly json: JsonReader;
  isClosing(): boolean;
}

export class ServingCompiler {
  readonly #parts: ServingParts;
  readonly #memo = createMemo();
  readonly #pools: UpstreamPools;
  readonly #budgets = new Map<string, RetryBudget>();
  readonly #check: ReturnType<typeof createInterfaceCheck>;
  readonly #verify: ReturnType<typeof createVerify>;

  constructor(parts: ServingParts) {
    const { options, logger, policies, bounds } = parts;
    this.#parts = parts;
    this.#pools = createPools(options.outbound, createThrottledWarning(logger, options.clock, 'gateway.upstream-refused'));
    this.#check = createInterfaceCheck(policies);
    this.#verify = createVerify(options.crypto, bounds);
  }

  compile(plan: GatewayPlan): Serving {
    const { options, calls } = this.#parts;
    const { front } = options;
    this.#memo.turn();
    const log = this.#parts.logger.child({ plan: String(plan.number) });
    const compileAs = this.#frontCompiler(this.#policyDeps(plan, log), log);
    const nodes = compileNodeFronts(plan, nodesOf(options), ({ front: as }, own) => compileAs(as, own));
    const serving = { own: compileAs(front, plan), nodes };
    this.#pools.turn();
    const named = new Set(plan.interfaces.map((document) => document.interfaceId));
    for (const id of this.#budgets.keys()) if (!named.has(id)) this.#budgets.delete(id);
    calls.keep(named);
    return serving;
  }

  close(): Promise<void> {
    return this.#pools.close();
  }

  #policyDeps(plan: GatewayPlan, log: Logger): PolicyDeps {
    const { options, accessLog, bodies, json } = this.#parts;
    const { clock, crypto, shared, seal, metrics, settings } = options;
    return {
      ...{ clock, crypto, shared, seal, log, metrics, settings, accessLog, bodies, json, verify: this.#verify },
      index: createPlanIndex(plan, crypto, this.#memo, log),
      memo: this.#memo.get,
      plan: () => plan,
    };
  }

  #frontCompiler(policyDeps: PolicyDeps, log: Logger): (as: Front, plan: GatewayPlan) => CompiledFront {
    const { policies, options } = this.#parts;
    return (as, plan) =>
      compileFront(plan, {
        front: as,
        policies: options.inside === undefined ? policies : policiesOfDmz(policies),
        check: this.#check,
        policyDeps,
        log,
        compileCall: (document) => this.#compileCall(document),
      });
  }

  #compileCall(document: InterfaceDocument): RunCall {
    const { options, logger: log, bodies, json, isClosing } = this.#parts;
    const { inside, runFlow, crypto, clock, metrics, tracer } = options;
    if (inside !== undefined) return createForwardCall(document, { inside, bodies, clock, log, metrics, tracer, isClosing });
    if (document.target.kind === 'flow') return createFlowCall(document.target.flowId, { runFlow, clock, tracer, json });
    const budget = this.#budgets.get(document.interfaceId) ?? createRetryBudget();
    this.#budgets.set(document.interfaceId, budget);
    return createUpstreamCall(document, { pools: this.#pools, budget, bodies, crypto, clock, metrics, tracer, isClosing });
  }
}

/** Returns the gateways in the DMZ whose calls this front serves. */
export function nodesOf({ front, settings }: Pick<GatewayOptions, 'front' | 'settings'>) {
  return front === 'bus' ? (settings.forwardNodes ?? []) : [];
}
