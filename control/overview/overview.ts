/**
 * The start page: first what needs a person, then throughput. It contains ids, names of flows and numbers, but no
 * message content.
 */
import { Type } from 'typebox';
import type { Permission } from '../../engine/contract/access/access.ts';
import type { ErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { ProcessState } from '../../engine/processes/create-processes.ts';
import type { TrafficSeries } from '../../engine/observe/traffic.ts';
import type { FlowScope } from '../../engine/execution/scope-filters.ts';
import type { ExecutionCatalog, ExecutionSummary } from '../../engine/operate/interface.ts';
import type { FlowCatalog, FlowSummary } from '../../engine/publish/interface.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import type { Actor } from '../access/actor.ts';
import { scopesIn, type DomainScope } from '../access/domains.ts';
import { findExpiring, type Expiring } from '../alarms/rules/find-expiring.ts';
import { findFailingAdapters, type FailingAdapter } from '../adapters/find-failing-adapters.ts';
import { findFailingFlows, type FailingFlow } from './find-failing-flows.ts';
import { findGatewayProblems, type GatewayProblems } from './find-gateway-problems.ts';
import { frontFigures, type FrontFigures } from './front-figures.ts';
import { findRefusingInterfaces, type RefusingInterface } from '../interfaces/find-refusing-interfaces.ts';
import { createFindSilentFeeds, type FindSilentFeeds, type SilentFeed } from '../alarms/rules/find-silent-feeds.ts';
import { nameHeldGroups, type NamedHeldGroup, type NamedHeldGroups } from '../held/held-groups.ts';
import { isAllowed } from '../access/permissions.ts';
import { createRemember, nameOfScopes, type Remember } from '../action/remember.ts';
import { openRequests } from '../requests/request-pages.ts';
import { shownGateways, shownProcess, type ShownProcess } from '../system/shown-process.ts';
import { shownError, systemFacts, type SystemFacts } from '../system/system.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';
import type { PlanPublisher } from '../registry/build-plan.ts';
import type { Registry } from '../registry/registry.ts';
import type { ExecutionCounter } from '../executions/execution-counter.ts';
import type { ControlInfo } from '../action/control-info.ts';
import type { EngineView } from '../action/engine-view.ts';
import type { RequestStore } from '../requests/request-store.ts';
import type { FlowUses } from '../flows/flow-uses.ts';

export interface OverviewServices {
  readonly clock: Clock;
  readonly catalog: FlowCatalog;
  readonly bindingStore: BindingStore;
  readonly executions: ExecutionCatalog;
  readonly registry: Registry;
  readonly requests: RequestStore;
  readonly plans: PlanPublisher;
  readonly counter: ExecutionCounter;
  readonly pingStore: () => Promise<void>;
  readonly engine: EngineView;
  readonly flowUses: FlowUses;
  readonly info: ControlInfo;
}

/** A listener that could not start, or a published version that cannot run here. */
export interface FailingListener {
  readonly flowId: string;
  readonly name: Text;
  readonly since: number;
  readonly error: Pick<ErrorRecord, 'code' | 'message' | 'fix' | 'values'>;
}

/** Parts that the person may not read are absent. */
export interface Attention extends Partial<GatewayProblems> {
  readonly held?: { readonly count: number; readonly oldestAt?: number; readonly groups: readonly NamedHeldGroup[] };
  readonly failedLastHour?: number;
  /** The worst flows, for people who may read flows. */
  readonly failingFlows?: readonly FailingFlow[];
  /** Number of open requests that this person may decide, and the time of the oldest. */
  readonly requests?: { readonly count: number; readonly oldestAt: number };
  readonly silentFeeds?: readonly (SilentFeed & { readonly name: Text })[];
  readonly listeners?: readonly FailingListener[];
  /** Adapters whose remote system fails. */
  readonly adapters?: readonly FailingAdapter[];
  /** Interfaces that refuse most of their calls. */
  readonly interfaces?: readonly RefusingInterface[];
  readonly unpublishedChanges?: readonly { readonly flowId: string; readonly name: Text }[];
  readonly expiring?: readonly Expiring[];
  /** Processes that no longer report. */
  readonly silentProcesses?: readonly ShownProcess[];
}

export interface Overview extends SystemFacts {
  readonly attention: Attention;
  /** The calls of the gateways in the last five minutes. */
  readonly fronts?: readonly FrontFigures[];
  /** Executions of flows. */
  readonly traffic?: TrafficSeries;
  readonly flows: readonly (FlowSummary & { readonly today: number })[];
  /** Executions by status. */
  readonly counts: Readonly<Record<string, number>>;
  /** The latest twenty held executions. */
  readonly held: readonly ExecutionSummary[];
  /** A shell command that signs and sends a call. */
  readonly tryIt?: string;
}

const HOUR_MS = 3_600_000;
type May = (permission: Permission) => boolean;

export function overviewActions(services: OverviewServices): readonly Action[] {
  const findSilentFeeds = createFindSilentFeeds(services.counter, services.clock);
  const remember = createRemember(services.clock);
  return [
    defineAction({
      name: 'system.overview',
      right: 'system.read',
      domain: 'filtered',
      text: { 'zh-CN': '概览：需要人处理的、流量、流程、地址', en: 'Overview: what needs a decision, traffic, flows, addresses' },
      input: Type.Object({}, closed),
      audited: false,
      run: ({ actor, domains }) => overview(services, actor, domains, { findSilentFeeds, remember }),
    }),
  ];
}

/** Caches that all viewers share. */
interface Shared {
  readonly findSilentFeeds: FindSilentFeeds;
  readonly remember: Remember;
}

/**
 * Returns the overview of one person. It contains only parts that the person may read, and only data of the person's
 * domains.
 */
async function overview(
  services: OverviewServices,
  actor: Actor,
  domains: DomainScope,
  { findSilentFeeds, remember }: Shared,
): Promise<Overview> {
  const may: May = (permission) => isAllowed(actor, permission);
  const { catalog, executions, counter, info, engine, plans } = services;
  // Only for people with all domains: traffic is counted for the whole installation, and the example calls an interface
  // of one domain.
  const isWhole = domains.only === undefined;
  const tryIt = isWhole ? info.tryIt?.() : undefined;
  const within = await scopesIn(domains, catalog);
  const flows = may('flows.read') ? domains.keep(await catalog.list()) : [];
  const today = await counter.today(flows.map((flow) => flow.flowId));
  const held = may('executions.read') ? await heldNow(services, domains, within, remember) : undefined;
  const counted = may('executions.read') ? await (within === undefined ? executions.counts() : counter.counts(within)) : {};
  // The part "attention" shows the held executions in groups. Use the total of that read, so that both numbers agree.
  const counts = held === undefined || held.more ? counted : { ...counted, held: held.count };
  const processes = isWhole ? await engine.processes.list() : [];
  return {
    ...systemFacts(services, shownGateways(processes, plans.current())),
    attention: await attention(services, { processes, actor, may, flows, counts, held, within, domains, findSilentFeeds }),
    ...(may('interfaces.read') ? { fronts: await frontFigures(services, domains) } : {}),
    ...(may('executions.read') && isWhole ? { traffic: await engine.traffic.series() } : {}),
    flows: flows.map((flow) => ({ ...flow, today: today[flow.flowId] ?? 0 })),
    counts,
    held: may('executions.read') ? (await executions.list({ status: ['held'], limit: 20, ...(within && { within }) })).items : [],
    ...(tryIt === undefined ? {} : { tryIt }),
  };
}

async function heldNow(
  { executions, catalog, bindingStore }: OverviewServices,
  domains: DomainScope,
  within: readonly FlowScope[] | undefined,
  remember: Remember,
): Promise<NamedHeldGroups> {
  // Every open console page requests this every few seconds, and one read loads up to 10,000 documents, so the result
  // is cached.
  const groups = await remember(nameOfScopes(within), () => executions.heldGroups(within));
  return nameHeldGroups(groups, { catalog, bindingStore, domains });
}

interface Seen {
  readonly processes: readonly ProcessState[];
  readonly actor: Actor;
  readonly may: May;
  readonly flows: readonly FlowSummary[];
  readonly counts: Readonly<Record<string, number>>;
  readonly held: NamedHeldGroups | undefined;
  readonly within: readonly FlowScope[] | undefined;
  readonly domains: DomainScope;
  readonly findSilentFeeds: FindSilentFeeds;
}

async function attention(
  services: OverviewServices,
  { processes, actor, may, flows, counts, held, within, domains, findSilentFeeds }: Seen,
): Promise<Attention> {
  const { counter, clock, engine, registry, info } = services;
  const names = new Map(flows.map(({ flowId, name }) => [flowId, name]));
  const nameOf = (flowId: string): Text => names.get(flowId) ?? { 'zh-CN': flowId, en: flowId };
  const found: { -readonly [Part in keyof Attention]: Attention[Part] } = {
    silentProcesses: processes.filter(({ state }) => state === 'silent').map(shownProcess),
  };
  if (may('executions.read')) {
    const oldestAt = await counter.oldest('held', within);
    found.held = { count: counts['held'] ?? 0, ...(oldestAt === undefined ? {} : { oldestAt }), groups: held?.groups ?? [] };
    const since = clock.now() - HOUR_MS;
    found.failedLastHour = await counter.failedSince(since, within);
    if (found.failedLastHour > 0) found.failingFlows = await findFailingFlows(flows, since, counter);
  }
  if (may('flows.read')) {
    const isSeen = ({ flowId }: { readonly flowId: string }) => domains.only === undefined || names.has(flowId);
    found.silentFeeds = (await findSilentFeeds(engine.feeds())).filter(isSeen).map((feed) => ({ ...feed, name: nameOf(feed.flowId) }));
    found.listeners = (await engine.processes.listeners()).filter(isSeen).flatMap(({ flowId, since, state, error }) => {
      if (state !== 'failing' || error === undefined) return [];
      return [{ flowId, name: nameOf(flowId), since, error: shownError(error) }];
    });
    found.unpublishedChanges = flows
      .filter(({ isChanged, publishedVersion }) => isChanged && publishedVersion !== undefined)
      .map(({ flowId, name }) => ({ flowId, name }));
  }
  const requests = await openRequests(services, actor, domains);
  if (requests !== undefined) found.requests = requests;
  if (may('adapters.read')) found.adapters = await findFailingAdapters(services, domains, held?.groups);
  if (may('interfaces.read')) {
    found.interfaces = await findRefusingInterfaces(services, domains);
    Object.assign(found, await findGatewayProblems(services, domains));
  }
  if (may('callers.read'))
    found.expiring = await expiringOf(domains, registry, await findExpiring({ registry, clock, certificate: info.certificate?.() }));
  return found;
}

/**
 * Returns expiring keys and grants of apps that the person sees. Expiring items of the platform itself are shown to
 * everyone.
 */
async function expiringOf(domains: DomainScope, { apps }: Registry, expiring: readonly Expiring[]): Promise<readonly Expiring[]> {
  if (domains.only === undefined) return expiring;
  const seen = new Set(domains.keep(await apps.list()).map(({ appId }) => appId));
  return expiring.filter(({ appId }) => appId === undefined || seen.has(appId));
}
