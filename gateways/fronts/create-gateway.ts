import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Front } from '../../engine/contract/access/access.ts';
import type { CallCounts } from '../../engine/contract/calls/call-stats.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Logger, Metrics, Tracer } from '../../engine/contract/values/observe.ts';
import type { OutboundGuard } from '../../engine/contract/node/outbound-guard.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import { createThrottledWarning } from '../../engine/contract/values/throttled-warning.ts';
import type { RunFlow } from '../../engine/contract/node/run-flow.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';
import type { Answer, Exchange, GatewayError, GatewaySettings, PlanSource, Policy, PolicyDeps } from '../contract.ts';
import type { GatewayPlan, InterfaceDocument } from '../documents.ts';
import { refuse, refuseUnknown } from '../errors.ts';
import { createFlowCall } from '../flow-target/call-flow.ts';
import { compileNodeFronts, createEntrance, toRefusedAnswer, type Entered, type NodeFronts } from '../forward/create-entrance.ts';
import { createForwardCall, policiesOfDmz } from '../forward/forward-call.ts';
import { createNodeBounds } from '../pipeline/create-node-bounds.ts';
import { hasNodeRequest, RELAY_ROOM_BYTES } from '../forward/relay-header.ts';
import type { Inside } from '../forward/open-inside.ts';
import { createBodyBudget } from '../listen/create-body-budget.ts';
import { HttpExchange } from '../listen/exchange.ts';
import { InFlight } from '../listen/in-flight.ts';
import { disablePretenuring } from '../listen/disable-pretenuring.ts';
import { MOST_WAITING } from '../listen/bound-pipelining.ts';
import { DEFAULT_LIMITS, HEADER_LIMIT_BYTES, listen } from '../listen/listen.ts';
import { toErrorAnswer, writeAnswer } from '../listen/write-answer.ts';
import { createInterfaceCalls, outcomeOfAnswer } from '../log/interface-calls.ts';
import { openAccessLog } from '../log/open-access-log.ts';
import { createInterfaceCheck } from '../pipeline/check-interface.ts';
import { compileFront, type CompiledFront } from '../pipeline/compile-front.ts';
import type { RunCall } from '../pipeline/compile-interface.ts';
import { createMemo } from '../pipeline/create-memo.ts';
import { createVerify } from '../pipeline/create-verify.ts';
import { loadPolicies } from '../pipeline/load-policies.ts';
import { refuseLate, runExchange, type RunDeps } from '../pipeline/run-exchange.ts';
import { createPlanIndex } from '../plan/create-plan-index.ts';
import { createPools } from '../upstream/create-pools.ts';
import { createRetryBudget } from '../upstream/create-retry-budget.ts';
import { createUpstreamCall } from '../upstream/upstream-call.ts';
import { createJsonReader } from '../shared/create-json-reader.ts';
import { endSpan } from '../shared/trace-exchange.ts';
import { PROFILES } from './profiles.ts';

const SWEEP_MS = 1000;
/** The time limit until an interface is found. */
const UNROUTED_DEADLINE_MS = 10_000;

export interface GatewayOptions {
  readonly front: Front;
  readonly planSource: PlanSource;
  readonly runFlow: RunFlow;
  /** For a gateway in the DMZ: it forwards every call there, and never uses `runFlow` and `shared`. */
  readonly inside?: Inside;
  readonly crypto: Crypto;
  readonly shared: Pick<SharedState, 'claimOnce'>;
  /** Checked before every connection to a service. */
  readonly outbound: OutboundGuard;
  /** Seals bodies in the access log. */
  readonly seal: Pick<Seal, 'seal'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Absent: no spans are created. */
  readonly tracer?: Tracer | undefined;
  readonly settings: GatewaySettings;
  /** Folder of the access log, `<front>.ndjson` and older files; created with mode 0700. */
  readonly logFolder: string;
  /** Policies loaded beforehand (`loadPolicies`), when several gateways share a process. */
  readonly policies?: readonly Policy[];
}

export interface GatewayStats {
  readonly planNumber: number;
  readonly connections: number;
  readonly inFlight: number;
  readonly requests: number;
  readonly refused: number;
}

export interface Gateway {
  /** Calls of its interfaces. */
  calls(): readonly CallCounts[];
  /** `https://127.0.0.1:8443` */
  readonly address: string;
  readonly port: number;
  /** Number of the plan that serves new requests; 0 before the first. */
  applied(): number;
  stats(): GatewayStats;
  /** Drains: completes every request that has arrived, within `drainMs`. */
  stop(): Promise<void>;
}

/** A compiled plan: for this gateway's own callers, and for nodes in the DMZ. */
interface Serving {
  readonly own: CompiledFront;
  readonly nodes: NodeFronts;
}

/**
 * Starts one front. It serves from the plan in memory; before the first plan it listens and responds with GW50303.
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { front, planSource, clock, metrics, settings, tracer, inside } = options;
  disablePretenuring();
  const logger = options.logger.child({ front });
  const policies = options.policies ?? (await loadPolicies());
  const accessLog = await openAccessLog({ folder: options.logFolder, name: front, clock, logger });
  const memo = createMemo();
  const pools = createPools(options.outbound, createThrottledWarning(logger, clock, 'gateway.upstream-refused'));
  const json = createJsonReader(clock);
  const check = createInterfaceCheck(policies);
  const limits = { ...DEFAULT_LIMITS, ...settings.limits };
  const bodies = createBodyBudget({ limitBytes: limits.bodyBudgetBytes, clock });
  const isClosing = () => listener?.isDraining() ?? false;
  const budgets = new Map<string, ReturnType<typeof createRetryBudget>>();
  const inFlight = new InFlight<HttpExchange>();
  const calls = createInterfaceCalls({ clock, metrics });
  let requests = 0;
  let refused = 0;

  const compileCall = (document: InterfaceDocument): RunCall => {
    if (inside !== undefined) return createForwardCall(document, { inside, bodies, clock, log: logger, metrics, tracer, isClosing });
    if (document.target.kind === 'flow') return createFlowCall(document.target.flowId, { runFlow: options.runFlow, clock, tracer, json });
    const budget = budgets.get(document.interfaceId) ?? createRetryBudget();
    budgets.set(document.interfaceId, budget);
    return createUpstreamCall(document, { pools, budget, bodies, crypto: options.crypto, clock, metrics, tracer, isClosing });
  };
  const nodes = front === 'bus' ? (settings.forwardNodes ?? []) : [];
  const bounds = createNodeBounds({ limits, log: logger, metrics, clock });
  const verify = createVerify(options.crypto, bounds);
  const compile = (plan: GatewayPlan): Serving => {
    memo.turn();
    const log = logger.child({ plan: String(plan.number) });
    const policyDeps: PolicyDeps = {
      ...{ clock, crypto: options.crypto, shared: options.shared, seal: options.seal, log, metrics, settings, accessLog },
      index: createPlanIndex(plan, options.crypto, memo, log),
      ...{ memo: memo.get, verify, bodies, json },
      plan: () => plan,
    };
    const compileAs = (as: Front, own: GatewayPlan): CompiledFront =>
      compileFront(own, {
        front: as,
        policies: inside === undefined ? policies : policiesOfDmz(policies),
        check,
        policyDeps,
        log,
        compileCall,
      });
    const serving = { own: compileAs(front, plan), nodes: compileNodeFronts(plan, nodes, ({ front: as }, own) => compileAs(as, own)) };
    pools.turn();
    const named = new Set(plan.interfaces.map((document) => document.interfaceId));
    for (const id of budgets.keys()) if (!named.has(id)) budgets.delete(id);
    calls.keep(named);
    return serving;
  };

  let current: Serving | undefined;
  const apply = (plan: GatewayPlan) => {
    if (current !== undefined && plan.number <= current.own.planNumber) return;
    try {
      current = compile(plan);
      logger.info('gateway.plan-applied', { number: plan.number });
    } catch (error) {
      // The old plan stays in service.
      logger.error('gateway.plan-refused', error, { number: plan.number });
    }
  };
  const first = planSource.current();
  if (first !== undefined) apply(first);
  const unsubscribe = planSource.onChange(apply);

  const runDeps: RunDeps = {
    now: () => clock.now(),
    isClosing,
    onBug: (error, exchange) => logger.error('gateway.bug', error, { traceId: exchange.traceId }),
  };
  const { requestsClientCertificate } = PROFILES[front];
  const enter = front === 'bus' ? createEntrance(nodes, settings.tls?.ca !== undefined) : undefined;
  const warnOfRefused = createThrottledWarning(logger, clock, 'gateway.forward-refused');
  const handOut = ({ node, newerThan }: Extract<Entered, { kind: 'plan' }>, exchange: HttpExchange): Answer => {
    if (current === undefined) return toErrorAnswer(exchange, refuse('GW50303'), clock.now());
    const giveBack = bounds.takePlan(node);
    if (giveBack === undefined) return toErrorAnswer(exchange, refuse('GW50301'), clock.now());
    exchange.onEnd(giveBack);
    return current.nodes.handOut(node, newerThan);
  };
  /**
   * A request of the node itself is not a call: it is neither counted nor traced. A node that does not read the
   * response in time is disconnected.
   */
  const answerNode = (entered: Exclude<Entered, { kind: 'call' }>, request: IncomingMessage, response: ServerResponse) => {
    const exchange = new HttpExchange(front, request, response, clock.now(), UNROUTED_DEADLINE_MS);
    exchange.onEnd(clock.after(UNROUTED_DEADLINE_MS, () => request.socket.destroy()));
    if (entered.kind === 'refused') warnOfRefused({ ip: request.socket.remoteAddress ?? '' });
    const answer = entered.kind === 'refused' ? toRefusedAnswer(exchange, clock.now()) : handOut(entered, exchange);
    writeAnswer(exchange, answer, isClosing());
  };
  const begin = (request: IncomingMessage, response: ServerResponse, entered: Entered | undefined): void => {
    if (entered !== undefined && entered.kind !== 'call') return answerNode(entered, request, response);
    const exchange = new HttpExchange(entered?.node.front ?? front, request, response, clock.now(), UNROUTED_DEADLINE_MS, entered?.relay);
    exchange.isAnswerSpooled = PROFILES[exchange.front].signsAnswers;
    requests++;
    inFlight.add(exchange);
    const begunAt = clock.monotonic();
    exchange.onEnd(() => {
      inFlight.remove(exchange);
      if (exchange.error !== undefined) refused++;
      const ms = clock.monotonic() - begunAt;
      metrics.observeMs('gateway_request_ms', ms, { front: exchange.front, outcome: exchange.error?.code ?? outcomeOfAnswer(exchange) });
      calls.ended(exchange, ms);
      if (tracer !== undefined) endSpan(exchange, tracer);
    });
    const refuseAtOnce = (error: GatewayError) => {
      exchange.error = error;
      writeAnswer(exchange, toErrorAnswer(exchange, error, clock.now()), isClosing());
    };
    if (current === undefined) return refuseAtOnce(refuse('GW50303'));
    const giveBack = entered && bounds.takeCall(entered.node);
    if (entered !== undefined && giveBack === undefined) return refuseAtOnce(refuse('GW50301'));
    exchange.planNumber = current.own.planNumber;
    const run = runExchange(exchange, entered === undefined ? current.own : current.nodes.frontOf(entered.node), runDeps);
    // In flight until both have ended: a flow may outlive the connection, and an unread response may outlive the
    // flow.
    if (giveBack !== undefined) void Promise.all([run, new Promise<void>((resolve) => exchange.onEnd(resolve))]).then(giveBack);
  };
  const listener = await listen({
    ...{ settings, limits, clock, metrics, requestsClientCertificate },
    ...(nodes.length > 0 && { headerLimitBytes: HEADER_LIMIT_BYTES + RELAY_ROOM_BYTES }),
    // A gateway in the DMZ sends its next request once it has read a response, a moment before this side knows that
    // it was sent.
    mostWaiting: ({ rawHeaders }) => (enter !== undefined && hasNodeRequest(rawHeaders) ? 1 : MOST_WAITING),
    onRequest(request, response) {
      const entered = enter?.(request);
      // Handles one request of a connection at a time.
      if (entered !== undefined && response.socket === null) response.once('socket', () => begin(request, response, entered));
      else begin(request, response, entered);
    },
    onUnreadable({ refusal: { code, status }, ...about }) {
      requests++;
      refused++;
      metrics.count('gateway_unreadable_requests_total', { front, outcome: code });
      accessLog.write(
        JSON.stringify({ at: clock.now(), ms: 0, front, trace: about.traceId, ip: about.ip, status, code, reason: about.reason }),
      );
    },
    onDrainOver() {
      // Exchanges with a response need nothing: it is already being sent.
      for (const exchange of inFlight.all())
        if (exchange.answer === undefined) void refuseLate(exchange, refusalOfDrain(exchange), runDeps);
    },
  });
  /**
   * A client that does not read its response must not hold the memory: past the deadline it gets the time of an idle
   * connection, then it is cut.
   */
  const cutUnreadAnswers = () => {
    for (const exchange of inFlight.all())
      if (exchange.response.writableEnded && clock.now() > exchange.deadlineMs + limits.keepAliveMs) exchange.response.destroy();
    stopSweeping = clock.after(SWEEP_MS, cutUnreadAnswers);
  };
  let stopSweeping = clock.after(SWEEP_MS, cutUnreadAnswers);
  metrics.gauge('gateway_in_flight', () => inFlight.size, { front });
  metrics.gauge('gateway_plan_number', () => current?.own.planNumber ?? 0, { front });

  return {
    address: listener.address,
    port: listener.port,
    applied: () => current?.own.planNumber ?? 0,
    calls: calls.counts,
    stats: () => ({
      planNumber: current?.own.planNumber ?? 0,
      connections: listener.connections(),
      inFlight: inFlight.size,
      requests,
      refused,
    }),
    async stop() {
      unsubscribe();
      stopSweeping();
      await listener.stop();
      await pools.close();
      await json.close();
      await accessLog.close();
    },
  };
}

/** A started call that is not a read may still be done: the text must not tell the caller to send it again. */
function refusalOfDrain(exchange: Exchange): GatewayError {
  return exchange.isCalled && exchange.method !== 'GET' ? refuseUnknown(exchange) : refuse('GW50304');
}
