/**
 * Runs each alarm rule. If a rule fails or has too little data yet, it is returned as unknown, and its open alarms stay
 * unchanged.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { toErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { Processes } from '../../engine/processes/create-processes.ts';
import type { CallSums } from '../../engine/processes/sum-calls.ts';
import type { QueueAge } from '../../engine/observe/queue-age.ts';
import type { ExecutionCounter } from '../executions/execution-counter.ts';
import { findExpiring } from './find-expiring.ts';
import { findSilentFeeds } from './find-silent-feeds.ts';
import { createFindSilentProcesses, type FindSilentProcesses } from './find-silent-processes.ts';
import type { EngineView } from '../action/engine-view.ts';
import type { ControlInfo } from '../action/control-info.ts';
import type { StoreGuard } from '../integrity/store-guard.ts';
import type { Registry } from '../registry/registry.ts';
import { ALARM_RULE_NAMES, type AlarmRuleName, type AlarmValues } from './alarm-rules.ts';
import type { AlarmSettings } from './alarm-settings.ts';

export interface Problem {
  readonly rule: AlarmRuleName;
  /** The object that the problem is about, such as a flow or a key; `''` if the rule has only one subject. */
  readonly subject: string;
  readonly values: AlarmValues;
  readonly name?: Text;
}

export interface ProblemDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly shared: Pick<SharedState, 'get'>;
  readonly counter: ExecutionCounter;
  readonly queue: QueueAge;
  readonly engine: Pick<EngineView, 'feeds' | 'quota'> & {
    readonly processes: Pick<Processes, 'list' | 'listeners' | 'adapterCalls' | 'interfaceCalls' | 'flowCalls'>;
  };
  readonly registry: Registry;
  readonly info: Pick<ControlInfo, 'certificate' | 'machine'>;
  /** Findings about tampering with the store; absent if the store is not checked. */
  readonly guard?: Pick<StoreGuard, 'findings' | 'trailProblem' | 'breaks' | 'headMissingSince'> | undefined;
  readonly flowNames: () => Promise<ReadonlyMap<string, Text>>;
  readonly adapterNames: () => Promise<ReadonlyMap<string, Text>>;
}

export interface Found {
  readonly problems: readonly Problem[];
  readonly unknown: ReadonlySet<AlarmRuleName>;
}

type Finding = Omit<Problem, 'rule'>;

/** Returns the findings of one rule. `ALARM_RULES` names the unit of `bound`. */
type Check = (bound: number) => Promise<readonly Finding[]>;

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const MB = 1_048_576;
/** Minimum number of failures and of calls; fewer may be chance. */
const LEAST_FAILURES = 3;
const LEAST_CALLS = 20;
const RATIO_OF_MS = 300_000;
const RATIOS = ['error-ratio', 'refusal-ratio'] as const;

export function createFindProblems(deps: ProblemDeps): (settings: AlarmSettings) => Promise<Found> {
  const checks = createChecks(deps);
  const begunAt = deps.clock.monotonic();
  return async ({ rules }) => {
    const problems: Problem[] = [];
    const unknown = new Set<AlarmRuleName>();
    // A killed process loses its counts. So in the first five minutes after a start, it is not known whether a ratio is
    // low again.
    if (deps.clock.monotonic() - begunAt < RATIO_OF_MS) for (const rule of RATIOS) if (rules[rule].on) unknown.add(rule);
    // Run the rules one after another, so that they do not delay other work on the store.
    for (const rule of ALARM_RULE_NAMES) {
      const { on, bound } = rules[rule];
      if (!on) continue;
      try {
        for (const problem of await checks[rule](bound)) problems.push({ rule, ...problem });
      } catch (error) {
        unknown.add(rule);
        deps.logger.warn('alarms.rule-unknown', { rule, code: toErrorRecord(error).code });
      }
    }
    return { problems, unknown };
  };
}

function createChecks(deps: ProblemDeps): Readonly<Record<AlarmRuleName, Check>> {
  const { clock, engine } = deps;
  return {
    'queue-age': (bound) => checkQueueAge(deps, bound),
    held: (bound) => checkHeld(deps, bound),
    failed: (bound) => checkFailed(deps, bound),
    'adapter-failing': (bound) => checkAdapters(deps, bound),
    'error-ratio': (bound) => checkErrorRatio(deps, bound),
    'refusal-ratio': (bound) => checkRefusalRatio(deps, bound),
    'feed-silent': onceAMinute(clock, (bound) => checkFeeds(deps, bound)),
    'listener-failing': (bound) => checkListeners(deps, bound),
    'process-silent': checkProcesses(createFindSilentProcesses(engine.processes, clock)),
    integrity: async (bound) => checkIntegrity(deps, bound),
    'record-quota': (bound) => checkRecordQuota(deps, bound),
    expiring: (bound) => checkExpiring(deps, bound),
    disk: (bound) => checkDisk(deps, bound),
    // No alarm can be stored while the store is down: see `watch-store.ts`.
    'store-down': () => Promise.resolve([]),
    'shared-down': createSharedCheck(deps),
  };
}

async function checkQueueAge({ queue }: ProblemDeps, bound: number): Promise<readonly Finding[]> {
  const { oldestAgeMs, open } = await queue.read();
  if (oldestAgeMs <= bound * MINUTE_MS) return [];
  return [{ subject: '', values: { minutes: Math.round(oldestAgeMs / MINUTE_MS), queued: open.queued } }];
}

async function checkHeld({ queue }: ProblemDeps, bound: number): Promise<readonly Finding[]> {
  const count = (await queue.read()).open.held;
  return count < bound ? [] : [{ subject: '', values: { count } }];
}

async function checkFailed({ counter, clock }: ProblemDeps, bound: number): Promise<readonly Finding[]> {
  const count = await counter.failedSince(clock.now() - HOUR_MS);
  return count < bound ? [] : [{ subject: '', values: { count } }];
}

async function checkAdapters({ engine, clock, adapterNames }: ProblemDeps, bound: number): Promise<readonly Finding[]> {
  const now = clock.now();
  const calls = [...(await engine.processes.adapterCalls()).values()];
  // Only a successful call ends the problem. If there are no calls, the problem remains.
  const failing = calls.filter(({ failures, failingSince = now }) => failures >= LEAST_FAILURES && now - failingSince >= bound * MINUTE_MS);
  const names = failing.length === 0 ? undefined : await adapterNames();
  // Skip adapters that were removed in the meantime.
  return failing.flatMap(({ id: adapterId, failingSince: since = now, lastError }) => {
    const name = names?.get(adapterId);
    return name === undefined ? [] : [{ subject: adapterId, values: { adapterId, code: lastError?.code ?? '', since }, name }];
  });
}

async function checkErrorRatio({ engine, registry, flowNames }: ProblemDeps, bound: number): Promise<readonly Finding[]> {
  const flows = tooManyFailed(await engine.processes.flowCalls(), bound);
  const interfaces = tooManyFailed(await engine.processes.interfaceCalls(), bound);
  const names = flows.length === 0 ? undefined : await flowNames();
  const documents = interfaces.length === 0 ? [] : await registry.interfaces.list();
  const interfaceNames = new Map(documents.map(({ interfaceId, name }) => [interfaceId, name]));
  return [
    ...flows.map(({ id, ...values }) => ({ subject: id, values: { what: 'flow', id, ...values }, ...named(names?.get(id)) })),
    ...interfaces.map(({ id, ...values }) => ({
      subject: id,
      values: { what: 'interface', id, ...values },
      ...named(interfaceNames.get(id)),
    })),
  ];
}

async function checkRefusalRatio({ engine, registry }: ProblemDeps, bound: number): Promise<readonly Finding[]> {
  const refusing = [...(await engine.processes.interfaceCalls()).values()].flatMap(
    ({ id: interfaceId, recent, refusals: [cause] = [] }) => {
      const percent = recent.calls === 0 ? 0 : Math.floor((recent.refused / recent.calls) * 100);
      return cause !== undefined && recent.calls >= LEAST_CALLS && percent >= bound
        ? [{ interfaceId, percent, calls: recent.calls, cause }]
        : [];
    },
  );
  const documents = refusing.length === 0 ? [] : await registry.interfaces.list();
  // Skip interfaces that were removed in the meantime.
  return refusing.flatMap(({ interfaceId, percent, calls, cause: { code, app } }) => {
    const document = documents.find((one) => one.interfaceId === interfaceId);
    if (document === undefined) return [];
    return [
      { subject: interfaceId, values: { interfaceId, percent, calls, code, ...(app !== undefined && { app }) }, name: document.name },
    ];
  });
}

async function checkFeeds(deps: ProblemDeps, bound: number): Promise<readonly Finding[]> {
  const { engine, counter, clock } = deps;
  const silent = await findSilentFeeds(engine.feeds(), counter, clock, bound * MINUTE_MS);
  return ofFlows(deps, silent, ({ flowId, lastAt, usualGapMs }) => ({
    ...{ flowId, lastAt },
    usual: Math.max(1, Math.ceil(usualGapMs / MINUTE_MS)),
  }));
}

async function checkListeners(deps: ProblemDeps, bound: number): Promise<readonly Finding[]> {
  const { engine, clock } = deps;
  const listeners = await engine.processes.listeners();
  const failing = listeners.filter(({ state, since }) => state === 'failing' && clock.now() - since > bound * MINUTE_MS);
  return ofFlows(deps, failing, ({ flowId, error }) => ({ flowId, code: error?.code ?? '' }));
}

function checkProcesses(find: FindSilentProcesses): Check {
  return async (bound) =>
    (await find(bound * MINUTE_MS)).map(({ processId, role, host, pid, lastSeenAt }) => ({
      subject: processId,
      // Round to the minute. The value is computed again on every check and differs slightly, and each difference would
      // update the stored alarm.
      values: { role, host, pid, lastSeenAt: Math.floor(lastSeenAt / MINUTE_MS) * MINUTE_MS },
    }));
}

function checkIntegrity({ guard }: ProblemDeps, bound: number): readonly Finding[] {
  const count = guard?.findings().length ?? 0;
  const trail = guard?.trailProblem()?.why;
  const broken = guard?.breaks().filter(({ isAccepted }) => !isAccepted) ?? [];
  const headMissingSince = guard?.headMissingSince();
  if (count < bound && trail === undefined && broken.length === 0 && headMissingSince === undefined) return [];
  const values = {
    count,
    ...(trail === undefined ? {} : { trail }),
    ...(broken[0] === undefined ? {} : { line: broken[0].number, broken: broken.length }),
    ...(headMissingSince === undefined ? {} : { headMissingSince }),
  };
  return [{ subject: '', values }];
}

async function checkRecordQuota(deps: ProblemDeps, bound: number): Promise<readonly Finding[]> {
  const exceeded = (await deps.engine.quota.exceeded()).filter(({ reduced }) => reduced >= bound);
  return ofFlows(deps, exceeded, ({ flowId, reduced, keptBytes }) => ({ flowId, count: reduced, megabytes: Math.round(keptBytes / MB) }));
}

async function checkExpiring({ registry, clock, info }: ProblemDeps, bound: number): Promise<readonly Finding[]> {
  const soon = await findExpiring({ registry, clock, certificate: info.certificate?.() });
  return soon
    .filter(({ expiresAt }) => expiresAt < clock.now() + bound * DAY_MS)
    .map(({ what, id, appId, expiresAt }) => ({
      subject: `${what}:${appId === undefined ? '' : `${appId}/`}${id}`,
      values: { what, id, expiresAt, ...(appId === undefined ? {} : { appId }) },
    }));
}

async function checkDisk({ info }: ProblemDeps, bound: number): Promise<readonly Finding[]> {
  const disk = (await info.machine?.())?.disk;
  if (disk === undefined || disk.totalBytes === 0) return [];
  const percent = Math.floor((disk.freeBytes / disk.totalBytes) * 100);
  return percent >= bound ? [] : [{ subject: '', values: { percent, freeMb: Math.floor(disk.freeBytes / MB) } }];
}

function createSharedCheck({ shared, clock }: ProblemDeps): Check {
  let downSince: number | undefined;
  return async (bound) => {
    try {
      await shared.get('alarms:ping');
      downSince = undefined;
      return [];
    } catch (error) {
      downSince ??= clock.monotonic();
      const isLong = clock.monotonic() - downSince >= bound * 1000;
      return isLong ? [{ subject: '', values: { code: toErrorRecord(error).code } }] : [];
    }
  };
}

async function ofFlows<T extends { readonly flowId: string }>(
  { flowNames }: ProblemDeps,
  found: readonly T[],
  valuesOf: (item: T) => AlarmValues,
): Promise<readonly Finding[]> {
  const names = found.length === 0 ? undefined : await flowNames();
  return found.map((item) => ({ subject: item.flowId, values: valuesOf(item), ...named(names?.get(item.flowId)) }));
}

function tooManyFailed(
  calls: CallSums,
  bound: number,
): readonly { readonly id: string; readonly percent: number; readonly calls: number }[] {
  return Array.from(calls.values(), ({ id, recent }) => ({
    id,
    percent: recent.calls === 0 ? 0 : Math.floor((recent.failed / recent.calls) * 100),
    calls: recent.calls,
  })).filter(({ percent, calls: count }) => count >= LEAST_CALLS && percent >= bound);
}

/**
 * Returns a check that runs at most once a minute, for rules that read the store once for each flow. After a change of
 * the threshold it runs at once.
 */
function onceAMinute(clock: Clock, check: Check): Check {
  let last: { readonly at: number; readonly bound: number; readonly found: readonly Finding[] } | undefined;
  return async (bound) => {
    if (last?.bound === bound && clock.monotonic() - last.at < MINUTE_MS) return last.found;
    const found = await check(bound);
    last = { at: clock.monotonic(), bound, found };
    return found;
  };
}

function named(name: Text | undefined): { readonly name?: Text } {
  return name === undefined ? {} : { name };
}
