/**
 * Runs each alarm rule. A rule that fails, or cannot know yet, is returned as unknown: its open alarms stay as they
 * are.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import { toErrorRecord } from '../../engine/contract/values/errors.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { Processes, ProcessState } from '../../engine/processes/create-processes.ts';
import type { CallSums } from '../../engine/processes/sum-calls.ts';
import type { QueueAge } from '../../engine/observe/queue-age.ts';
import type { ExecutionCounter } from '../executions/execution-counter.ts';
import { findExpiring } from './find-expiring.ts';
import { findSilentFeeds } from './find-silent-feeds.ts';
import type { EngineView } from '../action/engine-view.ts';
import type { ControlInfo } from '../action/control-info.ts';
import type { StoreGuard } from '../integrity/store-guard.ts';
import type { Registry } from '../registry/registry.ts';
import { ALARM_RULE_NAMES, type AlarmRuleName, type AlarmValues } from './alarm-rules.ts';
import type { AlarmSettings } from './alarm-settings.ts';

export interface Problem {
  readonly rule: AlarmRuleName;
  /** What the problem is about: a flow, a key; `''` when the rule has only one subject. */
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
  /** Findings about tampering with the store; absent where it is not checked. */
  readonly guard?: Pick<StoreGuard, 'findings' | 'trailProblem' | 'breaks' | 'headMissingSince'> | undefined;
  flowNames(): Promise<ReadonlyMap<string, Text>>;
  adapterNames(): Promise<ReadonlyMap<string, Text>>;
}

export interface Found {
  readonly problems: readonly Problem[];
  readonly unknown: ReadonlySet<AlarmRuleName>;
}

type Ask = (bound: number) => Promise<readonly Omit<Problem, 'rule'>[]>;

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const MB = 1_048_576;
/** A single failure says little, and so does the share of a few calls. */
const LEAST_FAILURES = 3;
const LEAST_CALLS = 20;
const RATIO_OF_MS = 300_000;
/** Rules run every 15 seconds; processes report every 5. */
const PAUSE_MS = 60_000;
const HEARD_WITHIN_MS = 30_000;

export function createFindProblems(deps: ProblemDeps): (settings: AlarmSettings) => Promise<Found> {
  const asks = createAsks(deps);
  const begunAt = deps.clock.monotonic();
  return async ({ rules }) => {
    const problems: Problem[] = [];
    const unknown = new Set<AlarmRuleName>();
    // The counts of the last five minutes were lost with the processes that were killed.
    if (rules['error-ratio'].on && deps.clock.monotonic() - begunAt < RATIO_OF_MS) unknown.add('error-ratio');
    // In sequence: there is no hurry, and other work needs the store.
    for (const rule of ALARM_RULE_NAMES) {
      const { on, bound } = rules[rule];
      if (!on) continue;
      try {
        for (const problem of await asks[rule](bound)) problems.push({ rule, ...problem });
      } catch (error) {
        unknown.add(rule);
        deps.logger.warn('alarms.rule-unknown', { rule, code: toErrorRecord(error).code });
      }
    }
    return { problems, unknown };
  };
}

function createAsks(deps: ProblemDeps): Readonly<Record<AlarmRuleName, Ask>> {
  const { clock, counter, queue, engine, registry, info } = deps;
  let sharedDownSince: number | undefined;
  const hasWatched = createWatch(clock);
  const ofFlows = async <T extends { readonly flowId: string }>(found: readonly T[], valuesOf: (item: T) => AlarmValues) => {
    const names = found.length === 0 ? undefined : await deps.flowNames();
    return found.map((item) => ({ subject: item.flowId, values: valuesOf(item), ...named(names?.get(item.flowId)) }));
  };
  const findSilent = onceAMinute(clock, async (bound) => {
    const silent = await findSilentFeeds(engine.feeds(), counter, clock, bound * MINUTE_MS);
    return ofFlows(silent, ({ flowId, lastAt, usualGapMs }) => ({
      ...{ flowId, lastAt },
      usual: Math.max(1, Math.ceil(usualGapMs / MINUTE_MS)),
    }));
  });
  return {
    async 'queue-age'(bound) {
      const { oldestAgeMs, open } = await queue.read();
      if (oldestAgeMs <= bound * MINUTE_MS) return [];
      return [{ subject: '', values: { minutes: Math.round(oldestAgeMs / MINUTE_MS), queued: open.queued } }];
    },
    async held(bound) {
      const count = (await queue.read()).open.held;
      return count < bound ? [] : [{ subject: '', values: { count } }];
    },
    async failed(bound) {
      const count = await counter.failedSince(clock.now() - HOUR_MS);
      return count < bound ? [] : [{ subject: '', values: { count } }];
    },
    async 'adapter-failing'(bound) {
      const now = clock.now();
      const calls = [...(await engine.processes.adapterCalls()).values()];
      // A lack of calls fixes nothing: only a successful one ends it.
      const failing = calls.filter(
        ({ failures, failingSince = now }) => failures >= LEAST_FAILURES && now - failingSince >= bound * MINUTE_MS,
      );
      const names = failing.length === 0 ? undefined : await deps.adapterNames();
      // Skip adapters that were removed in the meantime.
      return failing.flatMap(({ id: adapterId, failingSince = now, lastError }) => {
        const name = names?.get(adapterId);
        return name === undefined
          ? []
          : [{ subject: adapterId, values: { adapterId, code: lastError?.code ?? '', since: failingSince }, name }];
      });
    },
    async 'error-ratio'(bound) {
      const flows = tooManyFailed(await engine.processes.flowCalls(), bound);
      const interfaces = tooManyFailed(await engine.processes.interfaceCalls(), bound);
      const names = flows.length === 0 ? undefined : await deps.flowNames();
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
    },
    'feed-silent': findSilent,
    async 'listener-failing'(bound) {
      const listeners = await engine.processes.listeners();
      const failing = listeners.filter(({ state, since }) => state === 'failing' && clock.now() - since > bound * MINUTE_MS);
      return ofFlows(failing, ({ flowId, error }) => ({ flowId, code: error?.code ?? '' }));
    },
    async 'process-silent'(bound) {
      const missing = findMissing(await engine.processes.list());
      if (!hasWatched()) return [];
      return missing
        .filter(({ lastSeenAt }) => clock.now() - lastSeenAt > bound * MINUTE_MS)
        .map(({ processId, role, host, pid, lastSeenAt }) => ({
          subject: processId,
          // To the minute: the value is recomputed on every check and differs slightly.
          values: { role, host, pid, lastSeenAt: Math.floor(lastSeenAt / MINUTE_MS) * MINUTE_MS },
        }));
    },
    integrity(bound) {
      const count = deps.guard?.findings().length ?? 0;
      const trail = deps.guard?.trailProblem()?.why;
      const broken = deps.guard?.breaks().filter(({ isAccepted }) => !isAccepted) ?? [];
      const headMissingSince = deps.guard?.headMissingSince();
      if (count < bound && trail === undefined && broken.length === 0 && headMissingSince === undefined) return Promise.resolve([]);
      const lines = broken[0] === undefined ? {} : { line: broken[0].number, broken: broken.length };
      return Promise.resolve([
        {
          subject: '',
          values: {
            count,
            ...(trail === undefined ? {} : { trail }),
            ...lines,
            ...(headMissingSince === undefined ? {} : { headMissingSince }),
          },
        },
      ]);
    },
    async 'record-quota'(bound) {
      const exceeded = (await engine.quota.exceeded()).filter(({ reduced }) => reduced >= bound);
      return ofFlows(exceeded, ({ flowId, reduced, keptBytes }) => ({ flowId, count: reduced, megabytes: Math.round(keptBytes / MB) }));
    },
    async expiring(bound) {
      const certificate = info.certificate?.();
      const soon = await findExpiring({ registry, clock, certificate });
      return soon
        .filter(({ expiresAt }) => expiresAt < clock.now() + bound * DAY_MS)
        .map(({ what, id, appId, expiresAt }) => ({
          subject: `${what}:${appId === undefined ? '' : `${appId}/`}${id}`,
          values: { what, id, expiresAt, ...(appId === undefined ? {} : { appId }) },
        }));
    },
    async disk(bound) {
      const disk = (await info.machine?.())?.disk;
      if (disk === undefined || disk.totalBytes === 0) return [];
      const percent = Math.floor((disk.freeBytes / disk.totalBytes) * 100);
      return percent >= bound ? [] : [{ subject: '', values: { percent, freeMb: Math.floor(disk.freeBytes / MB) } }];
    },
    // While the store is down no alarm can be stored: see `watch-store.ts`.
    'store-down': () => Promise.resolve([]),
    async 'shared-down'(bound) {
      try {
        await deps.shared.get('alarms:ping');
        sharedDownSince = undefined;
        return [];
      } catch (error) {
        sharedDownSince ??= clock.monotonic();
        const isLong = clock.monotonic() - sharedDownSince >= bound * 1000;
        return isLong ? [{ subject: '', values: { code: toErrorRecord(error).code } }] : [];
      }
    },
  };
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
 * Returns true once rules have run without a pause long enough to have heard from every living process. While the
 * store is down there is a pause, and afterwards all other processes seem silent.
 */
function createWatch(clock: Clock): () => boolean {
  let since = 0;
  let askedAt = Number.NEGATIVE_INFINITY;
  return () => {
    const now = clock.monotonic();
    if (now - askedAt > PAUSE_MS) since = now;
    askedAt = now;
    return now - since >= HEARD_WITHIN_MS;
  };
}

/** Largest expected difference between the clocks of two machines. */
const CLOCKS_APART_MS = 2000;

/**
 * Silent processes without a replacement: each living process replaces one of the same role whose last heartbeat came
 * before its start. `lastSeenAt` would be wrong here: a control that starts later first sees a dead process at its
 * own start, which is after the replacement's.
 */
function findMissing(processes: readonly ProcessState[]): readonly ProcessState[] {
  const living = processes.filter(({ state }) => state === 'alive').sort((a, b) => a.startedAt - b.startedAt);
  const silent = processes.filter(({ state }) => state === 'silent').sort((a, b) => a.beatAt - b.beatAt);
  return silent.filter(({ role, beatAt }) => {
    const place = living.findIndex((process) => process.role === role && process.startedAt >= beatAt - CLOCKS_APART_MS);
    if (place >= 0) living.splice(place, 1);
    return place < 0;
  });
}

/** For rules that read the store once per feed; a changed threshold is checked at once. */
function onceAMinute(clock: Clock, ask: Ask): Ask {
  let last: { readonly at: number; readonly bound: number; readonly found: Awaited<ReturnType<Ask>> } | undefined;
  return async (bound) => {
    if (last?.bound === bound && clock.monotonic() - last.at < MINUTE_MS) return last.found;
    const found = await ask(bound);
    last = { at: clock.monotonic(), bound, found };
    return found;
  };
}

function named(name: Text | undefined): { readonly name?: Text } {
  return name === undefined ? {} : { name };
}
