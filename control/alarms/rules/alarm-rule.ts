/** What an alarm rule is. Each rule is one file in `rules/`; `alarm-rules.ts` lists them. */
import type { Clock } from '../../../engine/contract/values/clock.ts';
import type { Logger } from '../../../engine/contract/values/observe.ts';
import type { SharedState } from '../../../engine/contract/ports/shared-state.ts';
import type { Text } from '../../../engine/contract/values/texts.ts';
import type { Processes } from '../../../engine/processes/create-processes.ts';
import type { ExtensionStore } from '../../../engine/extensions/extension-store.ts';
import type { WaitingCollections } from '../../../engine/collections/waiting-collections.ts';
import type { QueueAge } from '../../../engine/observe/queue-age.ts';
import type { ExecutionCounter } from '../../executions/execution-counter.ts';
import type { EngineView } from '../../action/engine-view.ts';
import type { ControlInfo } from '../../action/control-info.ts';
import type { StoreGuard } from '../../integrity/store-guard.ts';
import type { Registry } from '../../registry/registry.ts';

export type AlarmSeverity = 'warning' | 'critical';
export type AlarmValues = Readonly<Record<string, string | number>>;

/** A problem that a rule found. */
export interface Finding {
  /**
   * What the problem is about, such as the id of a flow or an interface; `''` if the rule has only one subject. It
   * decides who sees the alarm (`control/action/owners.ts`).
   */
  readonly subject: string;
  readonly values: AlarmValues;
  readonly name?: Text;
}

/** Returns what a rule finds now; `AlarmRule.text.unit` is the unit of `bound`. */
export type Check = (bound: number) => Promise<readonly Finding[]>;

export interface AlarmRule {
  readonly text: { readonly label: Text; readonly help: Text; readonly unit: Text };
  readonly bound: { readonly least: number; readonly most: number; readonly usual: number };
  readonly severity: AlarmSeverity;
  /** How long after a start of control the rule knows too little to end an alarm, in milliseconds. */
  readonly settlesMs?: number;
  /** Returns a sentence. It contains only ids, numbers and `name`, the name of the object that the alarm is about. */
  describe(values: AlarmValues, name: Text | undefined): Text;
  /** Returns what a person can do. */
  advise(values: AlarmValues): Text;
  /** Returns the path of the console page to open. */
  link(values: AlarmValues): string;
  /** Called once. What a check must remember from one run to the next is in its closure. */
  createCheck(deps: RuleDeps): Check;
}

export interface RuleDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly shared: Pick<SharedState, 'get'>;
  readonly counter: ExecutionCounter;
  readonly queue: QueueAge;
  readonly waiting: Pick<WaitingCollections, 'recent'>;
  readonly engine: Pick<EngineView, 'feeds' | 'takers' | 'quota'> & {
    readonly processes: Pick<
      Processes,
      'list' | 'listeners' | 'adapterCalls' | 'interfaceCalls' | 'frontCalls' | 'gatewayConditions' | 'flowCalls'
    >;
  };
  readonly registry: Registry;
  readonly extensions?: { readonly store: Pick<ExtensionStore, 'list'> };
  readonly info: Pick<ControlInfo, 'certificate' | 'machine'>;
  /** Findings about tampering with the store; absent if the store is not checked. */
  readonly guard?: Pick<StoreGuard, 'findings' | 'trailProblem' | 'breaks' | 'headMissingSince'> | undefined;
  readonly flowNames: () => Promise<ReadonlyMap<string, Text>>;
  readonly adapterNames: () => Promise<ReadonlyMap<string, Text>>;
}

export function defineAlarmRule(rule: AlarmRule): AlarmRule {
  return rule;
}

export const both = (zhCN: string, en: string): Text => ({ 'zh-CN': zhCN, en });
export const MINUTES = both('分钟', 'minutes');
export const SECONDS = both('秒', 'seconds');
export const MESSAGES = both('条', 'messages');
export const PERCENT = both('%', '%');

export const MINUTE_MS = 60_000;
/** Minimum number of calls of which a share says something; of fewer it may be chance. */
export const LEAST_CALLS = 20;
/** Ratios are of this time. A killed process loses its counts, so they are not known earlier after a start. */
export const RATIO_OF_MS = 300_000;

/** Returns the time in the time zone of the process, which is that of its operators: `2026-11-25 18:05`. */
export function time(at: string | number): string {
  return new Date(Number(at)).toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'short' });
}

export function named(name: Text | undefined): { readonly name?: Text } {
  return name === undefined ? {} : { name };
}

/** Returns the names of all interfaces; reads none if `found` is empty. */
export async function interfaceNames({ registry }: RuleDeps, found: readonly unknown[]): Promise<ReadonlyMap<string, Text>> {
  const documents = found.length === 0 ? [] : await registry.interfaces.list();
  return new Map(documents.map(({ interfaceId, name }) => [interfaceId, name]));
}

export async function ofFlows<T extends { readonly flowId: string }>(
  { flowNames }: RuleDeps,
  found: readonly T[],
  valuesOf: (item: T) => AlarmValues,
): Promise<readonly Finding[]> {
  const names = found.length === 0 ? undefined : await flowNames();
  return found.map((item) => ({ subject: item.flowId, values: valuesOf(item), ...named(names?.get(item.flowId)) }));
}
