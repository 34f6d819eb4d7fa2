/**
 * Runs one front of the gateways: listens, finds the interface of a request in the plan in memory, and runs the
 * request.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DEFAULT_LIMITS, HEADER_LIMIT_BYTES, listen, type Listener, type Unreadable } from '../listen/listen.ts';
import type { Gateway, GatewayOptions, GatewayStats } from './gateway-options.ts';
import { loadPolicies } from '../pipeline/load-policies.ts';
import type { FrontCalls } from '../../engine/contract/calls/front-calls.ts';
import type { GatewayCondition } from '../../engine/contract/calls/gateway-condition.ts';
import type { Answer, Exchange, GatewayError } from '../contract.ts';
import type { AccessLog } from '../policy-ports.ts';
import type { GatewayEvent, RecentCallPage } from '../documents/gateway-questions.ts';
import type { JsonReader } from '../json-reading.ts';
import { createEntrance, type Entered, toRefusedAnswer } from '../forward/create-entrance.ts';
import type { GatewayPlan } from '../documents/gateway-plan.ts';
import { createNodeBounds, type NodeBounds } from '../pipeline/create-node-bounds.ts';
import { refuse, refuseUnknown } from '../errors.ts';
import { hasNodeRequest, RELAY_ROOM_BYTES } from '../forward/relay-header.ts';
import { toErrorAnswer, writeAnswer } from '../listen/write-answer.ts';
import { nodesOf, type Serving, ServingCompiler, type ServingParts } from './compile-serving.ts';
import { createFrontCalls, type FrontCallCounts } from '../log/front-calls.ts';
import { createInterfaceCalls, type InterfaceCalls, outcomeOfAnswer } from '../log/interface-calls.ts';
import { createBodyBudget } from '../listen/create-body-budget.ts';
import { disablePretenuring } from '../listen/disable-pretenuring.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import { refuseLate, type RunDeps, runExchange } from '../pipeline/run-exchange.ts';
import { InFlight } from '../listen/in-flight.ts';
import { createJsonReader } from '../shared/create-json-reader.ts';
import { MOST_WAITING } from '../listen/bound-pipelining.ts';
import { PROFILES } from './profiles.ts';
import { createGatewayEvents, type GatewayEvents } from '../log/gateway-events.ts';
import type { DescribedRequest, Explanation } from '../documents/gateway-questions.ts';
import { runInSlices } from '../../engine/threads/run-in-slices.ts';
import { LimitedMinutes } from '../log/limited-minutes.ts';
import { RecentCalls } from '../log/recent-calls.ts';
import { GatewayConditions } from '../log/gateway-conditions.ts';
import { registerLoadGauges } from '../log/load-gauges.ts';
import type { CompiledInterface } from '../pipeline/compile-interface.ts';
import type { LoadReport, LoadState } from '../documents/load-state.ts';
import { openAccessLog } from '../log/open-access-log.ts';
import { HttpExchange } from '../listen/exchange.ts';
import type { GatewaySettings } from '../settings.ts';
import { createThrottledWarning } from '../../engine/contract/values/throttled-warning.ts';
import { endSpan } from '../shared/trace-exchange.ts';

const SWEEP_MS = 1000;
/** The time limit of a request until its interface is found. From then on the interface's own deadline counts. */
const UNROUTED_DEADLINE_MS = 10_000;

/** Starts one front. It serves from the plan in memory. Before the first plan it responds with GW50303. */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  disablePretenuring();
  const { front, clock, logFolder, seal } = options;
  const logger = options.logger.child({ front });
  const policies = options.policies ?? (await loadPolicies());
  const accessLog = await openAccessLog({ folder: logFolder, name: options.logName ?? front, clock, logger, seal });
  const gateway = new FrontGateway(options, { logger, policies, accessLog });
  await gateway.start();
  return gateway;
}

class FrontGateway implements Gateway {
  readonly #options: GatewayOptions;
  readonly #logger: Logger;
  readonly #accessLog: AccessLog;
  readonly #limits: typeof DEFAULT_LIMITS;
  readonly #json: JsonReader;
  readonly #bounds: NodeBounds;
  readonly #calls: InterfaceCalls;
  readonly #frontCalls: FrontCallCounts;
  readonly #events: GatewayEvents;
  readonly #conditions: GatewayConditions;
  readonly #limited: LimitedMinutes;
  readonly #recentCalls: RecentCalls;
  readonly #compiler: ServingCompiler;
  readonly #inFlight = new InFlight<HttpExchange>();
  readonly #warnOfRefused: (about: { readonly ip: string }) => void;
  readonly #runDeps: RunDeps;
  #current: Serving | undefined;
  #abandonPlan = () => {};
  #listener: Listener | undefined;
  #requests = 0;
  #refused = 0;
  #isDraining = false;
  #unsubscribe = () => {};
  #stopSweeping = () => {};

  constructor(options: GatewayOptions, { logger, policies, accessLog }: Pick<ServingParts, 'logger' | 'policies' | 'accessLog'>) {
    const { clock, metrics, settings } = options;
    this.#options = options;
    this.#logger = logger;
    this.#accessLog = accessLog;
    this.#limits = { ...DEFAULT_LIMITS, ...settings.limits };
    this.#json = createJsonReader(clock);
    this.#bounds = createNodeBounds({ limits: this.#limits, log: logger, metrics, clock });
    this.#calls = createInterfaceCalls({ clock, metrics });
    this.#frontCalls = createFrontCalls(clock);
    this.#conditions = new GatewayConditions(clock);
    this.#limited = new LimitedMinutes(clock);
    this.#recentCalls = new RecentCalls(clock);
    this.#events = createGatewayEvents({ clock, metrics, log: logger, front: options.front });
    this.#warnOfRefused = createThrottledWarning(logger, clock, 'gateway.forward-refused');
    const isClosing = () => this.#isClosing();
    this.#runDeps = {
      now: () => clock.now(),
      isClosing,
      onBug: (error, exchange) => logger.error('gateway.bug', error, { traceId: exchange.traceId }),
    };
    this.#compiler = new ServingCompiler({
      ...{ options, logger, policies, accessLog, isClosing },
      bodies: createBodyBudget({ limitBytes: this.#limits.bodyBudgetBytes, clock }),
      bounds: this.#bounds,
      calls: this.#calls,
      json: this.#json,
      report: (event) => {
        this.#events.add(event);
        this.#conditions.note(event);
      },
    });
  }

  get address(): string {
    return this.#listener!.address;
  }

  get port(): number {
    return this.#listener!.port;
  }

  get logName(): string {
    return this.#options.logName ?? this.#options.front;
  }

  renewTls(tls: NonNullable<GatewaySettings['tls']>): void {
    this.#listener!.renewTls(tls);
  }

  applied(): number {
    return this.#current?.own.plan.number ?? 0;
  }

  calls() {
    return this.#calls.counts();
  }

  frontCalls(): readonly FrontCalls[] {
    return this.#frontCalls.list();
  }

  conditions(): readonly GatewayCondition[] {
    const watched = this.#served().filter(({ interface: { interfaceId } }) => this.#conditions.isWatched(interfaceId));
    const relations = this.#compiler.failingProviders().map(({ provider: interfaceId, since, reason }) => ({
      ...{ kind: 'relation-failing' as const, interfaceId, group: '', since },
      values: { reason },
    }));
    return [...this.#conditions.list(watched.map((compiled) => this.#readLoad(compiled, 0))), ...relations];
  }

  events(): readonly GatewayEvent[] {
    return [...this.#events.list(), ...this.#limited.list()].sort((a, b) => b.at - a.at);
  }

  recentCalls(after: number | undefined, limit: number): RecentCallPage {
    return this.#recentCalls.after(after, limit);
  }

  async explain(request: DescribedRequest, hidden: readonly string[] = []): Promise<Explanation | undefined> {
    return this.#current && this.#compiler.explain(request, hidden, this.#current.own);
  }

  loadOf(interfaceId: string): LoadReport | undefined {
    const compiled = this.#served().find((one) => one.interface.interfaceId === interfaceId);
    if (compiled === undefined) return undefined;
    const inFlight = this.#inFlight.all().filter((exchange) => exchange.interface?.interfaceId === interfaceId).length;
    return { ...this.#readLoad(compiled, inFlight), limits: this.#compiler.readLimits(compiled) };
  }

  #readLoad(compiled: CompiledInterface, inFlight: number): LoadState {
    return this.#compiler.readLoad(compiled, inFlight, this.#current!.own.plan);
  }

  flushLog(): Promise<void> {
    return this.#accessLog.flush();
  }

  stats(): GatewayStats {
    return {
      planNumber: this.applied(),
      connections: this.#listener!.connections(),
      inFlight: this.#inFlight.size,
      requests: this.#requests,
      refused: this.#refused,
      isDraining: this.#isDraining,
    };
  }

  setDraining(isDraining: boolean): void {
    if (isDraining === this.#isDraining) return;
    this.#isDraining = isDraining;
    this.#events.add({ kind: isDraining ? 'drain-started' : 'drain-ended', values: { inFlight: this.#inFlight.size } });
  }

  async start(): Promise<void> {
    const { front, planSource, clock, metrics } = this.#options;
    const first = planSource.current();
    if (first !== undefined) this.#apply(first);
    this.#compiler.start();
    this.#unsubscribe = planSource.onChange((plan) => this.#apply(plan));
    this.#listener = await this.#listen();
    this.#stopSweeping = clock.after(SWEEP_MS, () => this.#cutUnreadAnswers());
    metrics.gauge('gateway_in_flight', () => this.#inFlight.size, { front });
    metrics.gauge('gateway_plan_number', () => this.applied(), { front });
    registerLoadGauges(metrics, () => this.#loads());
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    this.#abandonPlan();
    this.#stopSweeping();
    await this.#listener!.stop();
    await this.#compiler.close();
    await this.#json.close();
    await this.#accessLog.close();
  }

  /** The interfaces that are served, to own callers and to nodes. */
  #served(): readonly CompiledInterface[] {
    return this.#current?.fronts.flatMap(({ interfaces }) => interfaces) ?? [];
  }

  #loads(): readonly LoadState[] {
    const counts = countBy(this.#inFlight.all(), (exchange) => exchange.interface?.interfaceId);
    return this.#served().map((compiled) => this.#readLoad(compiled, counts.get(compiled.interface.interfaceId) ?? 0));
  }

  #isClosing(): boolean {
    return this.#isDraining || (this.#listener?.isDraining() ?? false);
  }

  #apply(plan: GatewayPlan): void {
    if (plan.number <= this.applied()) return;
    this.#abandonPlan();
    this.#abandonPlan = runInSlices(
      this.#compiler.prepare(plan),
      ({ serving, commit }) => {
        this.#current = serving;
        commit();
        this.#logger.info('gateway.plan-applied', { number: plan.number });
      },
      // The previous plan stays in use.
      (error) => this.#logger.error('gateway.plan-refused', error, { number: plan.number }),
      // Without a plan there are no calls that the work could delay, and it should serve as soon as it listens.
      this.#current === undefined ? Infinity : undefined,
    );
  }

  #listen(): Promise<Listener> {
    const { front, settings, clock, metrics } = this.#options;
    const { requestsClientCertificate } = PROFILES[front];
    const nodes = nodesOf(this.#options);
    const enter = front === 'bus' ? createEntrance(nodes, settings.tls?.ca !== undefined) : undefined;
    return listen({
      ...{ settings, limits: this.#limits, clock, metrics, requestsClientCertificate },
      ...(nodes.length > 0 && { headerLimitBytes: HEADER_LIMIT_BYTES + RELAY_ROOM_BYTES }),
      // A gateway in the DMZ sends the next request as soon as it has read a response. At that moment this process may
      // not yet know that the response was sent. So one request may wait.
      mostWaiting: ({ rawHeaders }) => (enter !== undefined && hasNodeRequest(rawHeaders) ? 1 : MOST_WAITING),
      onRequest: (request, response) => {
        const entered = enter?.(request);
        // Requests of one connection are handled one at a time.
        if (entered !== undefined && response.socket === null) response.once('socket', () => this.#begin(request, response, entered));
        else this.#begin(request, response, entered);
      },
      onUnreadable: (unreadable) => this.#noteUnreadable(unreadable),
      onDrainOver: () => this.#refuseRest(),
    });
  }

  #begin(request: IncomingMessage, response: ServerResponse, entered: Entered | undefined): void {
    if (entered !== undefined && entered.kind !== 'call') return this.#answerNode(entered, request, response);
    const { clock } = this.#options;
    const front = entered?.node.front ?? this.#options.front;
    const exchange = new HttpExchange(front, request, response, clock.now(), UNROUTED_DEADLINE_MS, entered?.relay);
    this.#count(exchange);
    const current = this.#current;
    if (current === undefined) return this.#refuseAtOnce(exchange, refuse('GW50303'));
    const giveBack = entered && this.#bounds.takeCall(entered.node);
    if (entered !== undefined && giveBack === undefined) return this.#refuseAtOnce(exchange, refuse('GW50301'));
    exchange.plan = current.own.plan;
    const run = runExchange(exchange, entered === undefined ? current.own : current.nodes.frontOf(entered.node), this.#runDeps);
    // Counts the call of the node until the run has ended and the response was sent or the caller has left. A flow may
    // run on after the connection has closed, and a caller may read the response after the flow has ended.
    if (giveBack !== undefined) void Promise.all([run, new Promise<void>((resolve) => exchange.onEnd(resolve))]).then(giveBack);
  }

  #count(exchange: HttpExchange): void {
    const { clock, metrics, tracer } = this.#options;
    this.#requests++;
    this.#inFlight.add(exchange);
    const begunAt = clock.monotonic();
    exchange.onEnd(() => {
      this.#inFlight.remove(exchange);
      if (exchange.error !== undefined) this.#refused++;
      const ms = clock.monotonic() - begunAt;
      metrics.observeMs('gateway_request_ms', ms, { front: exchange.front, outcome: exchange.error?.code ?? outcomeOfAnswer(exchange) });
      this.#calls.ended(exchange, ms);
      this.#frontCalls.ended(exchange, ms);
      this.#limited.ended(exchange);
      this.#recentCalls.ended(exchange, ms);
      if (tracer !== undefined) endSpan(exchange, tracer);
    });
  }

  #refuseAtOnce(exchange: HttpExchange, error: GatewayError): void {
    exchange.error = error;
    writeAnswer(exchange, toErrorAnswer(exchange, error, this.#options.clock.now()), this.#isClosing());
  }

  /**
   * Responds to a request of the node itself. It is not a call, so it is neither counted nor traced. If the node does
   * not read the response in time, its connection is closed.
   */
  #answerNode(entered: Exclude<Entered, { kind: 'call' }>, request: IncomingMessage, response: ServerResponse): void {
    const { front, clock } = this.#options;
    const exchange = new HttpExchange(front, request, response, clock.now(), UNROUTED_DEADLINE_MS);
    exchange.onEnd(clock.after(UNROUTED_DEADLINE_MS, () => request.socket.destroy()));
    if (entered.kind === 'refused') this.#warnOfRefused({ ip: request.socket.remoteAddress ?? '' });
    const answer = entered.kind === 'refused' ? toRefusedAnswer(exchange, clock.now()) : this.#handOut(entered, exchange);
    writeAnswer(exchange, answer, this.#isClosing());
  }

  #handOut({ node, newerThan }: Extract<Entered, { kind: 'plan' }>, exchange: HttpExchange): Answer {
    const now = this.#options.clock.now();
    if (this.#current === undefined) return toErrorAnswer(exchange, refuse('GW50303'), now);
    const giveBack = this.#bounds.takePlan(node);
    if (giveBack === undefined) return toErrorAnswer(exchange, refuse('GW50301'), now);
    exchange.onEnd(giveBack);
    return this.#current.nodes.handOut(node, newerThan);
  }

  #noteUnreadable({ refusal: { code, status }, traceId, ip, reason }: Unreadable): void {
    const { front, clock, metrics } = this.#options;
    this.#requests++;
    this.#refused++;
    this.#frontCalls.unreadable(front, code, ip);
    metrics.count('gateway_unreadable_requests_total', { front, outcome: code });
    this.#accessLog.write(JSON.stringify({ at: clock.now(), ms: 0, front, trace: traceId, ip, status, code, reason }));
  }

  /**
   * Called when the time for draining is over. Refuses the requests that have no response yet. An existing response is
   * already being sent.
   */
  #refuseRest(): void {
    for (const exchange of this.#inFlight.all())
      if (exchange.answer === undefined) void refuseLate(exchange, refusalOfDrain(exchange), this.#runDeps);
  }

  /**
   * A client that does not read its response must not keep memory in use. If its response is not sent when the
   * keep-alive time after the deadline has passed, the connection is closed.
   */
  #cutUnreadAnswers(): void {
    const { clock } = this.#options;
    for (const exchange of this.#inFlight.all())
      if (exchange.response.writableEnded && clock.now() > exchange.deadlineMs + this.#limits.keepAliveMs) exchange.response.destroy();
    this.#stopSweeping = clock.after(SWEEP_MS, () => this.#cutUnreadAnswers());
  }
}

function countBy<Item>(items: readonly Item[], keyOf: (item: Item) => string | undefined): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) {
    const key = keyOf(item);
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/**
 * Returns the error for a request that the drain interrupts. A started call that is not a read may still be done, so
 * the text must not tell the caller to send it again.
 */
function refusalOfDrain(exchange: Exchange): GatewayError {
  return exchange.isCalled && exchange.method !== 'GET' ? refuseUnknown(exchange) : refuse('GW50304');
}
