/** The installation itself: version, addresses, plan. */
import { Type } from 'typebox';
import type { Permission } from '../../engine/contract/access.ts';
import { toErrorRecord, type ErrorRecord } from '../../engine/contract/errors.ts';
import type { MachineState } from '../../engine/host/machine.ts';
import type { SettingDescription } from '../../engine/host/settings.ts';
import type { TriggerStatus } from '../../engine/trigger/trigger-run.ts';
import { closed, defineAction, type Action } from './action.ts';
import { isAllowed } from './permissions.ts';
import type { ControlServices, GatewayState } from './services.ts';

export interface SystemFacts {
  readonly name: string;
  readonly version: string;
  readonly environment: string;
  /** Name of a listener -> where it listens. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Number of the plan that the gateways get. */
  readonly plan: number;
  readonly platformKey: { readonly keyId: string; readonly publicPem: string };
}

export interface SystemReport extends SystemFacts {
  readonly settings: readonly SettingDescription[];
  readonly machine?: MachineState;
  readonly store: { readonly ok: boolean; readonly pingMs: number; readonly errorCode?: string };
  /** Absent for who may not read executions. */
  readonly queue?: { readonly queued: number; readonly running: number; readonly oldestQueuedAt?: number };
  readonly planMadeAt: number;
  /** `isCurrent`: it serves by the plan that was published last. */
  readonly gateways: readonly (GatewayState & { readonly isCurrent: boolean })[];
  /** Of flows that listen by themselves, in this process; absent for who may not read flows. */
  readonly listeners?: readonly ListenerState[];
}

export type ListenerState = Omit<TriggerStatus, 'error' | 'fencing'> & {
  readonly error?: Pick<ErrorRecord, 'code' | 'message' | 'fix' | 'values'>;
};

export function systemActions(services: ControlServices): readonly Action[] {
  return [
    defineAction({
      name: 'system.get',
      right: 'system.read',
      text: { 'zh-CN': '版本、地址、生效的设置、各部分状态', en: 'Versions, addresses, settings in force, how each part is doing' },
      input: Type.Object({}, closed),
      audited: false,
      run: ({ actor }) => systemReport(services, (permission) => isAllowed(actor, permission)),
    }),
  ];
}

export function systemFacts({ info, plans, registry }: ControlServices): SystemFacts {
  const { keyId, publicPem } = registry.platformKey;
  return {
    name: 'kangqiao',
    version: info.version,
    environment: info.environment,
    addresses: info.addresses(),
    plan: plans.current(),
    platformKey: { keyId, publicPem },
  };
}

async function systemReport(services: ControlServices, may: (permission: Permission) => boolean): Promise<SystemReport> {
  const { info, plans, engine } = services;
  const machine = await info.machine?.();
  const queue = may('executions.read') ? await queueOf(services) : undefined;
  return {
    ...systemFacts(services),
    settings: info.settings ?? [],
    ...(machine === undefined ? {} : { machine }),
    store: await pingStore(services),
    ...(queue === undefined ? {} : { queue }),
    planMadeAt: plans.madeAt(),
    gateways: (info.gateways?.() ?? []).map((gateway) => ({ ...gateway, isCurrent: gateway.planNumber === plans.current() })),
    ...(may('flows.read') ? { listeners: engine.listeners().map(shownListener) } : {}),
  };
}

async function pingStore({ pingStore: ping, clock }: ControlServices): Promise<SystemReport['store']> {
  const began = clock.monotonic();
  const timeMs = () => Math.round((clock.monotonic() - began) * 100) / 100;
  try {
    await ping();
    return { ok: true, pingMs: timeMs() };
  } catch (error) {
    return { ok: false, pingMs: timeMs(), errorCode: toErrorRecord(error).code };
  }
}

async function queueOf({ executions, counter }: ControlServices): Promise<SystemReport['queue']> {
  const [{ queued, running }, oldest] = await Promise.all([executions.counts(), counter.oldest('queued')]);
  return { queued, running, ...(oldest === undefined ? {} : { oldestQueuedAt: oldest }) };
}

function shownListener({ error, fencing: _fencing, ...status }: TriggerStatus): ListenerState {
  return error === undefined ? status : { ...status, error: shownError(error) };
}

/** What a person needs of an error: not its issues, nor when to try again. */
export function shownError({ code, message, fix, values }: ErrorRecord): Pick<ErrorRecord, 'code' | 'message' | 'fix' | 'values'> {
  return { code, message, ...(fix === undefined ? {} : { fix }), ...(values === undefined ? {} : { values }) };
}
