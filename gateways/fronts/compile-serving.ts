/** Compiles plans for a front, one after the other. Keeps what outlives a plan: connections, keepers and unchanged parts. */
import { createBuiltInCall, isBuiltIn, withBuiltIn } from '../built-in/built-in-interfaces.ts';
import { sessionsOf } from '../shared/identity/claim-session.ts';
import { createKeepers } from '../pipeline/create-keepers.ts';
import { createMemo, type MemoScope } from '../pipeline/create-memo.ts';
import type { DescribedRequest, Explanation, StateChange } from '../documents/gateway-questions.ts';
import { explainRequest } from '../explain/explain-request.ts';
import { findRoute } from '../pipeline/run-exchange.ts';
import type { BodyBudget, Exchange, Policy, PolicyDeps } from '../contract.ts';
import type { AccessLog } from '../policy-ports.ts';
import type { LimitUse, LoadState } from '../documents/load-state.ts';
import { readLimits, readLoadState } from './read-load-state.ts';
import type { Front } from '../../engine/contract/access/access.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { GatewayPlan } from '../documents/gateway-plan.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import type { InterfaceCalls } from '../log/interface-calls.ts';
import { createVerify } from '../pipeline/create-verify.ts';
import { createFlowCall } from '../flow-target/call-flow.ts';
import { silentMetrics, type Logger } from '../../engine/contract/values/observe.ts';
import { createRetryBudget } from '../upstream/create-retry-budget.ts';
import type { NodeBounds } from '../pipeline/create-node-bounds.ts';
import { AsideCalls } from '../upstream/aside-calls.ts';
import { openInstanceGroups } from '../upstream/instance-groups.ts';
import { createPools, type UpstreamPools } from '../upstream/create-pools.ts';
import type { GatewayOptions } from './gateway-options.ts';
import { createForwardCall, policiesOfDmz } from '../forward/forward-call.ts';
import { noTarget } from '../pipeline/call-target.ts';
import { type CompiledFront, FrontCompiler } from '../pipeline/compile-front.ts';
import type { CompiledInterface, OpenCall } from '../pipeline/compile-interface.ts';
import { LiveGateways } from '../load/live-gateways.ts';
import { createThrottledWarning } from '../../engine/contract/values/throttled-warning.ts';
import { createInterfaceCheck } from '../pipeline/check-interface.ts';
import { createFetchDocument } from '../upstream/fetch-document.ts';
import { createFailureWarning } from '../upstream/attempt-failure.ts';
import { createUpstreamCall, type UpstreamDeps } from '../upstream/upstream-call.ts';
import { createNodeFronts, scopeOf, type NodeFronts } from '../forward/create-entrance.ts';
import { interfacesOfNode } from '../forward/plan-of-node.ts';
import type { PlanIndex } from '../plan-index.ts';
import { createPlanIndex } from '../plan/create-plan-index.ts';
import { createAskProvider } from '../relations/ask-provider.ts';
import { createRelations, type FailingProvider, type WatchedRelations } from '../relations/create-relations.ts';
import type { JsonReader } from '../json-reading.ts';

/** A compiled plan: for this gateway's own callers, and for nodes in the DMZ. */
export interface Serving {
  readonly own: CompiledFront;
  readonly nodes: NodeFronts;
  /** All compiled fronts: of own callers, and of nodes. */
  readonly fronts: readonly CompiledFront[];
}

/** A compiled plan that does not serve yet. Call `commit` when it serves: what it replaces is freed then. */
export interface PreparedServing {
  readonly serving: Serving;
  commit(): void;
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
  report(event: StateChange): void;
}

const NOTHING_OPEN = () => {};

function noSeal(): never {
  throw new AppError('SHARED_STATE_DOWN', 'transient', 'This gateway cannot seal what it shares.', { fix: 'Call a gateway inside.' });
}
const NO_SEAL: PolicyDeps['sharedSeal'] = { seal: noSeal, open: noSeal, openText: noSeal, token: noSeal };

export class ServingCompiler {
  readonly #parts: ServingParts;
  readonly #memo = createMemo();
  readonly #keepers = createKeepers();
  readonly #pools: UpstreamPools;
  readonly #warnFailed: UpstreamDeps['warnFailed'];
  readonly #policyDeps: Omit<PolicyDeps, 'memo' | 'keepers' | 'callTarget'>;
  readonly #check: ReturnType<typeof createInterfaceCheck>;
  readonly #own: FrontCompiler;
  readonly #live: LiveGateways;
  readonly #relations: WatchedRelations;
  readonly #aside: AsideCalls;
  /** The compilers of the fronts that nodes in the DMZ may call, by scope. */
  readonly #ofNodes = new Map<string, FrontCompiler>();
  readonly #policies: readonly Policy[];
  /** Everyone may call the built-in interfaces, so they need no grant. */
  readonly #forBuiltIn: readonly Policy[];
  #keys: MemoScope | undefined;

  constructor(parts: ServingParts) {
    const { options, logger, policies, bounds, accessLog, bodies, json, report } = parts;
    const { clock, crypto, shared, quotas, sharedSeal = NO_SEAL, metrics, settings } = options;
    this.#parts = parts;
    this.#policies = options.inside === undefined ? policies : policiesOfDmz(policies);
    this.#forBuiltIn = this.#policies.filter(({ name }) => name !== 'grant');
    const warnRefused = createThrottledWarning(logger, clock, 'gateway.upstream-refused');
    this.#warnFailed = createFailureWarning(logger, clock);
    this.#pools = createPools(options.outbound, warnRefused);
    this.#aside = new AsideCalls(createPools(options.outbound, warnRefused), clock);
    this.#check = createInterfaceCheck(policies);
    this.#relations = createRelations({
      ...{ clock, metrics, log: logger },
      ask: createAskProvider({ clock, runFlow: options.runFlow, pools: this.#pools }),
    });
    this.#policyDeps = {
      ...{ clock, crypto, shared, quotas, sharedSeal, log: logger, metrics, settings, accessLog, bodies, json, report },
      verify: createVerify(crypto, bounds),
      fetchDocument: createFetchDocument(options.outbound, createThrottledWarning(logger, clock, 'gateway.document-refused')),
      relations: this.#relations,
      liveGateways: (front) => this.#live.count(front),
      sendAside: (address, request) => this.#aside.send(address, request),
    };
    const fronts = new Set([options.front, ...nodesOf(options).map((node) => node.front)]);
    this.#live = new LiveGateways({ clock, shared, fronts: [...fronts] });
    this.#own = this.#frontCompiler(options.front);
    for (const node of nodesOf(options))
      if (!this.#ofNodes.has(scopeOf(node))) this.#ofNodes.set(scopeOf(node), this.#frontCompiler(node.front));
  }

  start(): void {
    // A gateway in the DMZ has no shared state and applies no limits of interfaces.
    if (this.#parts.options.inside === undefined) this.#live.start();
  }

  /** Prepares a plan. It yields often, so that the caller can pause the work. */
  *prepare(whole: GatewayPlan): Generator<void, PreparedServing> {
    const { options, calls, logger } = this.#parts;
    const plan = withinDomains(whole, options.settings.domains);
    const keys = this.#memo.open();
    const index = yield* createPlanIndex(plan, options.crypto, keys, logger);
    const own = yield* this.#own.compile(
      withBuiltIn(
        options.front,
        plan.interfaces.filter((document) => document.front === options.front),
      ),
      index,
    );
    const commits = [own.commit];
    const fronts = new Map<string, CompiledFront>();
    for (const node of nodesOf(options)) {
      const scope = scopeOf(node);
      if (fronts.has(scope)) continue;
      const { front, commit } = yield* this.#ofNodes.get(scope)!.compile(withBuiltIn(node.front, interfacesOfNode(plan, node)), index);
      fronts.set(scope, front);
      commits.push(commit);
    }
    const named = new Set(plan.interfaces.map((document) => document.interfaceId));
    return {
      serving: { own: own.front, nodes: createNodeFronts(plan, fronts), fronts: [own.front, ...fronts.values()] },
      commit: () => {
        for (const commit of commits) commit();
        this.#keys?.close();
        this.#keys = keys;
        this.#keepers.retain(named);
        calls.keep(named);
      },
    };
  }

  /** Tells what each policy would do to a described request, without side effects. */
  async explain(request: DescribedRequest, hidden: readonly string[], front: CompiledFront): Promise<Explanation> {
    const memo = this.#memo.open();
    const route = (exchange: Exchange) => {
      const found = findRoute(exchange, front);
      return 'code' in found ? found : found.interface;
    };
    const policyDeps = { ...this.#policyDeps, memo: memo.get, callTarget: noTarget, metrics: silentMetrics, report: () => undefined };
    try {
      return await explainRequest(request, {
        ...{
          front: this.#parts.options.front,
          plan: front.plan,
          policiesOf: (document) => this.#policiesOf(document),
          hidden: new Set(hidden),
          route,
        },
        depsOf: (interfaceId) => ({ ...policyDeps, keepers: this.#keepers.of(interfaceId) }),
      });
    } finally {
      memo.close();
    }
  }

  /** Returns the load of a served interface. `inFlight`: how many of its requests are in flight. */
  readLoad(compiled: CompiledInterface, inFlight: number, plan: PlanIndex): LoadState {
    return readLoadState(compiled, this.#keepers.of(compiled.interface.interfaceId), inFlight, this.#parts.options.clock, plan);
  }

  /** Returns the interfaces that object rules ask for relations, and that fail. */
  failingProviders(): readonly FailingProvider[] {
    return this.#relations.failing();
  }

  readLimits(compiled: CompiledInterface): readonly LimitUse[] {
    return readLimits(compiled, this.#keepers.of(compiled.interface.interfaceId));
  }

  async close(): Promise<void> {
    this.#live.stop();
    this.#own.close();
    for (const compiler of this.#ofNodes.values()) compiler.close();
    await this.#keepers.stop();
    await this.#aside.close();
    await this.#pools.close();
  }

  #frontCompiler(front: Front): FrontCompiler {
    const { logger } = this.#parts;
    return new FrontCompiler({
      front,
      policiesOf: (document) => this.#policiesOf(document),
      check: (document) => (isBuiltIn(document as InterfaceDocument) ? [] : this.#check(document)),
      policyDeps: this.#policyDeps,
      memo: this.#memo,
      keepers: this.#keepers,
      log: logger,
      openCall: (document) => this.#openCall(document),
    });
  }

  #policiesOf(document: InterfaceDocument | undefined): readonly Policy[] {
    return document !== undefined && isBuiltIn(document) ? this.#forBuiltIn : this.#policies;
  }

  #openCall(document: InterfaceDocument): OpenCall {
    const { options, logger: log, bodies, json, isClosing, report } = this.#parts;
    const { inside, runFlow, crypto, clock, metrics, tracer } = options;
    const { target } = document;
    if (inside !== undefined)
      return { run: createForwardCall(document, { inside, bodies, clock, log, metrics, tracer, isClosing }), close: NOTHING_OPEN };
    if (isBuiltIn(document)) {
      const sessions = sessionsOf({ ...this.#policyDeps, keepers: this.#keepers.of(undefined) });
      return { run: createBuiltInCall(document, { sessions, clock }), close: NOTHING_OPEN };
    }
    if (target.kind === 'flow') return { run: createFlowCall(target.flowId, { runFlow, clock, tracer, json }), close: NOTHING_OPEN };
    const { interfaceId } = document;
    const keepers = this.#keepers.of(interfaceId);
    const budget = keepers.ofInterface('retry-budget', createRetryBudget);
    const groups = openInstanceGroups(target, { interfaceId, pools: this.#pools, keepers, clock, zone: options.settings.zone, report });
    return {
      run: createUpstreamCall(document, groups, {
        warnFailed: this.#warnFailed,
        budget,
        bodies,
        crypto,
        clock,
        metrics,
        tracer,
        isClosing,
      }),
      listGroups: () => groups.all.map(({ name, balancer }) => ({ name, instances: balancer.list() })),
      close: () => groups.close(),
    };
  }
}

/** Returns the plan with only the interfaces of these domains, for a gateway that serves no others. */
function withinDomains(plan: GatewayPlan, domains: readonly string[] | undefined): GatewayPlan {
  return domains === undefined ? plan : { ...plan, interfaces: plan.interfaces.filter(({ domain }) => domains.includes(domain)) };
}

/** Returns the gateways in the DMZ whose calls this front serves. */
export function nodesOf({ front, settings }: Pick<GatewayOptions, 'front' | 'settings'>) {
  return front === 'bus' ? (settings.forwardNodes ?? []) : [];
}
