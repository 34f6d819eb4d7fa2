/** Runs one policy on an exchange that a test describes, without sockets. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Compile } from 'typebox/compile';
import { silentLogger, silentMetrics } from '../../../engine/contract/values/observe.ts';
import { fakeClock, type FakeClock } from '../../../engine/testing/fake-clock.ts';
import type { Answer, Exchange, GatewayError, Note, Policy, PolicyDeps, Relations } from '../../../gateways/contract.ts';
import type { QuotaStore } from '../../../gateways/policy-ports.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import { createBodyBudget } from '../../../gateways/listen/create-body-budget.ts';
import { loadPolicies } from '../../../gateways/pipeline/load-policies.ts';
import { createMemo } from '../../../gateways/pipeline/create-memo.ts';
import { createPlanIndex } from '../../../gateways/plan/create-plan-index.ts';
import { createJsonReader } from '../../../gateways/shared/create-json-reader.ts';
import { testSeal } from './test-seal.ts';
import { memoryQuotas } from './memory-quotas.ts';
import { buildInterface, buildPlan, crypto } from './city-plan.ts';
import { inSlices } from '../../../engine/threads/run-in-slices.ts';
import { createKeepers } from '../../../gateways/pipeline/create-keepers.ts';
import { findReaders } from '../../../gateways/pipeline/compile-interface.ts';
import { createMemorySharedState } from '../../../storage/in-process/memory-shared-state.ts';

export interface PolicyCase {
  readonly options?: Record<string, unknown>;
  readonly front?: 'open' | 'user' | 'bus';
  readonly interface?: Partial<InterfaceDocument>;
  readonly plan?: Partial<GatewayPlan>;
  readonly trustedProxies?: readonly string[];
  /** As sent: name, value, name, value … */
  readonly raw?: readonly string[];
  readonly exchange?: Partial<Exchange>;
  readonly remoteAddress?: string;
  readonly now?: number;
  readonly fetchDocument?: PolicyDeps['fetchDocument'];
  /** Instead of a new one for this run. */
  readonly keepers?: PolicyDeps['keepers'];
  /** Instead of one that stands at `now`. */
  readonly clock?: FakeClock;
  readonly relations?: Relations;
  readonly liveGateways?: number;
  readonly quotas?: QuotaStore;
  readonly sendAside?: PolicyDeps['sendAside'];
  readonly shared?: PolicyDeps['shared'];
}

export interface PolicyRun {
  readonly error: GatewayError | undefined;
  readonly answer: Answer | undefined;
  readonly exchange: Exchange;
  readonly lines: readonly string[];
  /** Kinds of the reported events. */
  readonly events: readonly string[];
}

export async function runPolicy<P extends Policy>(policy: P, given: PolicyCase): Promise<PolicyRun> {
  const { options = {}, front = 'open', raw = [] } = given;
  if (!Compile(policy.options).Check(options)) throw new Error('these options would be refused');
  const document = buildInterface({ front, ...given.interface });
  const plan = await buildPlan([], [document], given.plan);
  const clock = given.clock ?? fakeClock(given.now ?? 1_800_000_000_000);
  const lines: string[] = [];
  const events: string[] = [];
  const memo = createMemo().open();
  const deps: PolicyDeps = {
    ...{ clock, crypto, shared: given.shared ?? createMemorySharedState({ clock }), log: silentLogger, metrics: silentMetrics },
    settings: { host: '127.0.0.1', port: 0, trustedProxies: given.trustedProxies ?? [] },
    sharedSeal: testSeal,
    fetchDocument: given.fetchDocument ?? (() => Promise.reject(new Error('nothing to fetch'))),
    accessLog: {
      write: (line, logged) => void lines.push(logged === undefined ? line : JSON.stringify({ ...JSON.parse(line), ...logged.bodies })),
      flush: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
    callTarget: () => {
      throw new TypeError('this test has no target');
    },
    bodies: createBodyBudget({ limitBytes: 256 * 1024 * 1024, clock }),
    memo: memo.get,
    keepers: given.keepers ?? createKeepers().of(document.interfaceId),
    relations: given.relations ?? { related: () => Promise.resolve(undefined) },
    quotas: given.quotas ?? memoryQuotas(),
    liveGateways: () => given.liveGateways ?? 1,
    sendAside: given.sendAside ?? (() => Promise.reject(new Error('nothing is sent in this test'))),
    report: (event) => void events.push(event.kind),
    json: createJsonReader(clock),
    verify: (_exchange, key, data, signature) => crypto.verify(key, data, signature),
  };
  const index = await inSlices(createPlanIndex(plan, crypto, memo, silentLogger));
  const exchange = {
    ...buildExchange(given, document, raw, clock.now()),
    plan: index,
    handling: findReaders(document, await loadPolicies()),
    ...given.exchange,
  };
  const run = policy.compile(options as never, document, front, deps);
  const result = await run?.(exchange);
  const isError = result !== undefined && 'code' in result;
  return { error: isError ? result : undefined, answer: isError ? undefined : result, exchange, lines, events };
}

function buildExchange(
  given: PolicyCase,
  document: InterfaceDocument,
  raw: readonly string[],
  now: number,
): Omit<Exchange, 'plan' | 'handling'> {
  const incoming = new Map<string, string>();
  const repeated = new Set<string>();
  const notes: Note[] = [];
  const releases: (() => void)[] = [];
  const headersDistinct: Record<string, string[]> = {};
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    (headersDistinct[name] ??= []).push(raw[i + 1]!);
    if (incoming.has(name)) repeated.add(name);
    else incoming.set(name, raw[i + 1]!);
  }
  return {
    ...{
      front: given.front ?? 'open',
      relay: undefined,
      startedAt: now,
      traceId: 'trace-of-the-test',
      traceparent: undefined,
      span: undefined,
      deadlineMs: now + 3000,
      clientIp: '',
      method: 'POST',
      rawPath: document.path,
      rawQuery: '',
    },
    request: {
      socket: { remoteAddress: given.remoteAddress ?? '127.0.0.1' },
      rawHeaders: raw,
      headersDistinct,
    } as unknown as IncomingMessage,
    response: { headersSent: true, statusCode: 200, writableFinished: true, getHeader: () => undefined } as unknown as ServerResponse,
    ...{
      incoming,
      repeated,
      profile: undefined,
      claim: undefined,
      envelope: undefined,
      plainAnswer: undefined,
      bodyDigest: undefined,
      isBodyStreamed: false,
      isAnswerCaptured: false,
      captured: undefined,
    },
    ...{
      bytesIn: 0,
      bytesOut: 0,
      attempts: 0,
      isCalled: false,
      onEnd: () => undefined,
      onLeave: () => undefined,
      onCallEnd: (release) => void releases.push(release),
      endCall: () => {
        for (const release of releases.splice(0)) release();
      },
      instanceGroup: undefined,
      outcome: undefined,
      host: 'localhost',
      interface: document,
      params: {},
      app: undefined,
      user: undefined,
      tokenKey: undefined,
      headers: {},
    },
    ...{ body: undefined, json: undefined, proof: undefined, answer: undefined, error: undefined, responseHeaders: [], after: [] },
    isCutOff: false,
    replacedFailure: undefined,
    decidedBy: undefined,
    judgedHeaders: undefined,
    cached: undefined,
    notes,
    note: (note) => void notes.push(note),
  };
}
