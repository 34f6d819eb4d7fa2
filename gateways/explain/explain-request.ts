/**
 * Tells what each policy would do to a described request. Nothing is claimed, counted, stored or sent, so an operator
 * can ask as often as needed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Front } from '../../engine/contract/access/access.ts';
import type { Exchange, GatewayError, Note, Policy, PolicyDeps, PolicyResult, Stage } from '../contract.ts';
import type { PlanIndex } from '../plan-index.ts';
import type { DescribedRequest, Explanation, StageVerdict } from '../documents/gateway-questions.ts';
import type { InterfaceDocument } from '../documents/interface-document.ts';
import { HttpExchange } from '../listen/exchange.ts';
import { findOptions } from '../pipeline/compile-interface.ts';
import { isVisibleHeader } from '../shared/visible-headers.ts';

export interface ExplainDeps {
  readonly front: Front;
  readonly plan: PlanIndex;
  /** Returns the policies of an interface; without one, those of all. */
  policiesOf(document: InterfaceDocument | undefined): readonly Policy[];
  /** Names of policies that are not asked. */
  readonly hidden: ReadonlySet<string>;
  /** Returns what policies of an interface get; without an id, those before an interface is known. */
  depsOf(interfaceId: string | undefined): PolicyDeps;
  /** Finds the interface and completes the exchange, as for a real request. */
  route(exchange: Exchange): InterfaceDocument | GatewayError;
}

export async function explainRequest(request: DescribedRequest, deps: ExplainDeps): Promise<Explanation> {
  const exchange = toExchange(request, deps);
  const verdicts: StageVerdict[] = [];
  let decided: PolicyResult;
  for (const policy of deps.policiesOf(undefined)) {
    if (!policy.fronts.includes(deps.front) || AFTER_CALL.has(policy.stage)) continue;
    if (exchange.interface === undefined && decided === undefined && !BEFORE_ROUTE.has(policy.stage)) {
      decided = findInterface(exchange, deps);
      if (decided !== undefined) verdicts.push(toVerdict('route', 'route', decided, []));
    }
    const options = findOptions(policy, exchange.interface, deps.front);
    if (options === undefined || !deps.policiesOf(exchange.interface).includes(policy)) continue;
    const { stage, name } = policy;
    if (decided !== undefined) verdicts.push({ stage, policy: name, verdict: 'not-reached' });
    else if (deps.hidden.has(name)) verdicts.push({ stage, policy: name, verdict: 'hidden' });
    else if (isSkipped(policy, request)) verdicts.push({ stage, policy: name, verdict: 'skipped' });
    else {
      const before = exchange.notes.length;
      const explain = policy.explain === undefined || policy.explain === 'skip' ? policy.compile : policy.explain;
      decided = await explain(options as never, exchange.interface, deps.front, deps.depsOf(exchange.interface?.interfaceId))?.(exchange);
      verdicts.push(toVerdict(stage, name, decided, exchange.notes.slice(before)));
    }
  }
  // Frees what policies hold for the request, such as memory for its body.
  exchange.endCall();
  exchange.end();
  return {
    planNumber: deps.plan.number,
    ...(exchange.interface === undefined ? {} : { interfaceId: exchange.interface.interfaceId }),
    verdicts,
    ...(decided === undefined || !('code' in decided) ? {} : { refusal: { status: decided.status, ...told(decided) } }),
  };
}

const BEFORE_ROUTE: ReadonlySet<Stage> = new Set(['trace', 'client-ip', 'coarse-limit']);
const AFTER_CALL: ReadonlySet<Stage> = new Set(['respond', 'seal', 'log']);
/** Stages that need a proof of who calls: they make it, or decrypt what it covers. They are skipped if the caller is assumed. */
const PROOF: ReadonlySet<Stage> = new Set(['claim', 'authenticate', 'nonce', 'decrypt']);

function findInterface(exchange: Exchange, { route }: ExplainDeps): GatewayError | undefined {
  const found = route(exchange);
  if ('code' in found) return found;
  exchange.interface = found;
  return undefined;
}

function isSkipped({ stage, explain }: Policy, { appId }: DescribedRequest): boolean {
  return explain === 'skip' || (appId !== undefined && PROOF.has(stage));
}

function toVerdict(stage: Stage, policy: string, result: PolicyResult, notes: readonly Note[]): StageVerdict {
  const about = { stage, policy, ...(notes.length > 0 && { notes }) };
  if (result === undefined) return { ...about, verdict: 'passes' };
  return 'code' in result
    ? { ...about, verdict: 'refuses', ...told(result), ...(result.issues && { issues: result.issues }) }
    : { ...about, verdict: 'answers' };
}

function told({ code, message, text }: GatewayError) {
  return { code, text: text ?? { 'zh-CN': message, en: message } };
}

/** Creates an exchange that has no connection. What policies read of the connection is empty. */
function toExchange(request: DescribedRequest, { front, plan, depsOf }: ExplainDeps): HttpExchange {
  const rawHeaders = Object.entries(request.headers).flat();
  const message = { method: request.method, url: request.target, httpVersion: '1.1', rawHeaders, socket: {} } as unknown as IncomingMessage;
  const response = { on: () => response, setHeader: () => response, writeContinue: () => undefined } as unknown as ServerResponse;
  const exchange = new HttpExchange(front, message, response, depsOf(undefined).clock.now(), 10_000);
  exchange.plan = plan;
  exchange.clientIp = request.clientIp;
  exchange.body = Buffer.from(request.body ?? '');
  exchange.bytesIn = exchange.body.byteLength;
  if (request.appId !== undefined) {
    exchange.app = plan.app(request.appId);
    // Limits and black lists know a user by issuer and name.
    const [issuer] = plan.issuers.size === 1 ? plan.issuers : [];
    exchange.user = request.user && { ...(issuer !== undefined && { iss: issuer }), ...request.user };
    // On the open front, a signature makes the signed headers visible. An assumed app has signed all of them.
    if (front === 'open') for (const [name, value] of exchange.incoming) if (isVisibleHeader(name)) exchange.headers[name] = value;
  }
  return exchange;
}
