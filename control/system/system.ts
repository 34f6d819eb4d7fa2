/** Actions for the installation: version, addresses, plan. */
import { Type } from 'typebox';
import type { Permission } from '../../engine/contract/access/access.ts';
import { toErrorRecord, type ErrorRecord } from '../../engine/contract/values/errors.ts';
import type { MachineState } from '../../engine/host/machine.ts';
import type { SettingDescription } from '../../engine/host/settings.ts';
import type { ListenerOfProcess } from '../../engine/processes/merge-listeners.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { scopesIn, type DomainScope } from '../access/domains.ts';
import { isAllowed } from '../access/permissions.ts';
import { shownGateways, shownProcess, type ShownGateway, type ShownProcess } from './shown-process.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { ExecutionCatalog } from '../../engine/operate/interface.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';
import type { PlanPublisher } from '../registry/build-plan.ts';
import type { Registry } from '../registry/registry.ts';
import type { ExecutionCounter } from '../executions/execution-counter.ts';
import type { ControlInfo } from '../action/control-info.ts';
import type { EngineView } from '../action/engine-view.ts';

export interface SystemServices {
  readonly clock: Clock;
  readonly catalog: FlowCatalog;
  readonly executions: ExecutionCatalog;
  readonly registry: Registry;
  readonly plans: PlanPublisher;
  readonly counter: ExecutionCounter;
  readonly pingStore: () => Promise<void>;
  readonly engine: EngineView;
  readonly info: ControlInfo;
}

export interface SystemFacts {
  readonly name: string;
  readonly version: string;
  readonly environment: string;
  /** Address of each listener by its name. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Number of the plan that the gateways get. */
  readonly plan: number;
  readonly platformKey: { readonly keyId: string; readonly publicPem: string };
}

export interface SystemReport extends SystemFacts {
  readonly settings: readonly SettingDescription[];
  readonly machine?: MachineState;
  readonly store: { readonly ok: boolean; readonly pingMs: number; readonly errorCode?: string };
  /** Absent without the right to read executions. */
  readonly queue?: { readonly queued: number; readonly running: number; readonly oldestQueuedAt?: number };
  readonly planMadeAt: number;
  /** All processes of the installation, including those that ended a short while ago. */
  readonly processes: readonly ShownProcess[];
  /** Gateways of all living processes. */
  readonly gateways: readonly ShownGateway[];
  /**
   * Listeners of flows whose trigger receives or fetches messages, in any process; absent without the right to read
   * flows.
   */
  readonly listeners?: readonly ListenerState[];
}

type ShownError = Pick<ErrorRecord, 'code' | 'message' | 'fix' | 'values'>;

export type ListenerState = Omit<ListenerOfProcess, 'error' | 'fencing' | 'refusals'> & {
  readonly error?: ShownError;
  /** Messages that the trigger put aside since its processes started. */
  readonly refusals?: { readonly count: number; readonly lastAt: number; readonly last: ShownError };
};

export function systemActions(services: SystemServices): readonly Action[] {
  return [
    defineAction({
      name: 'system.get',
      right: 'system.read',
      domain: 'filtered',
      text: { 'zh-CN': '版本、地址、生效的设置、各部分状态', en: 'Versions, addresses, current settings, and the health of each part' },
      input: Type.Object({}, closed),
      audited: false,
      run: ({ actor, domains }) => systemReport(services, domains, (permission) => isAllowed(actor, permission)),
    }),
  ];
}

/** Returns the basic facts of the installation. `gateways` must contain all its gateways. */
export function systemFacts({ info, plans, registry }: SystemServices, gateways: readonly ShownGateway[]): SystemFacts {
  const { keyId, publicPem } = registry.platformKeys.signer();
  return {
    name: 'kangqiao',
    version: info.version,
    environment: info.environment,
    // If a front has several gateways, show only the address of the first.
    addresses: { ...Object.fromEntries(gateways.map(({ front, address }) => [front, address] as const).reverse()), ...info.addresses() },
    plan: plans.current(),
    platformKey: { keyId, publicPem },
  };
}

async function systemReport(
  services: SystemServices,
  domains: DomainScope,
  may: (permission: Permission) => boolean,
): Promise<SystemReport> {
  const { info, plans, engine } = services;
  const machine = domains.only === undefined ? await info.machine?.() : undefined;
  const queue = may('executions.read') ? await queueOf(services, domains) : undefined;
  // Only for people with all domains: what a process serves, and its load, reveal something about every domain.
  const processes = domains.only === undefined ? await engine.processes.list() : [];
  const gateways = shownGateways(processes, plans.current());
  return {
    ...systemFacts(services, gateways),
    // Settings name domains, nodes and files of the whole installation.
    settings: domains.only === undefined ? (info.settings ?? []) : [],
    ...(machine === undefined ? {} : { machine }),
    store: await pingStore(services),
    ...(queue === undefined ? {} : { queue }),
    planMadeAt: plans.madeAt(),
    processes: processes.map(shownProcess),
    gateways,
    ...(may('flows.read') ? { listeners: (await listenersOf(services, domains)).map(shownListener) } : {}),
  };
}

async function pingStore({ pingStore: ping, clock }: SystemServices): Promise<SystemReport['store']> {
  const began = clock.monotonic();
  const timeMs = () => Math.round((clock.monotonic() - began) * 100) / 100;
  try {
    await ping();
    return { ok: true, pingMs: timeMs() };
  } catch (error) {
    return { ok: false, pingMs: timeMs(), errorCode: toErrorRecord(error).code };
  }
}

async function listenersOf({ catalog, engine }: SystemServices, domains: DomainScope): Promise<readonly ListenerOfProcess[]> {
  const listeners = await engine.processes.listeners();
  if (domains.only === undefined) return listeners;
  const seen = new Set(domains.keep(await catalog.list()).map(({ flowId }) => flowId));
  return listeners.filter(({ flowId }) => seen.has(flowId));
}

async function queueOf({ executions, counter, catalog }: SystemServices, domains: DomainScope): Promise<SystemReport['queue']> {
  const within = await scopesIn(domains, catalog);
  const counts = within === undefined ? executions.counts() : counter.counts(within);
  const [{ queued, running }, oldest] = await Promise.all([counts, counter.oldest('queued', within)]);
  return { queued, running, ...(oldest === undefined ? {} : { oldestQueuedAt: oldest }) };
}

function shownListener({ error, fencing: _fencing, refusals, ...status }: ListenerOfProcess): ListenerState {
  return {
    ...status,
    ...(error === undefined ? {} : { error: shownError(error) }),
    ...(refusals === undefined ? {} : { refusals: { ...refusals, last: shownError(refusals.last) } }),
  };
}

/** Returns the part of an error that people need, without its issues and retry time. */
export function shownError({ code, message, fix, values }: ErrorRecord): ShownError {
  return { code, message, ...(fix === undefined ? {} : { fix }), ...(values === undefined ? {} : { values }) };
}
