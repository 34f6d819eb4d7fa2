/** What actions work on. Everything comes from the creator; no action reaches for anything else. */
import type { Clock } from '../engine/contract/values/clock.ts';
import type { FlowDocument } from '../engine/contract/flow/flow-document.ts';
import type { Crypto } from '../engine/contract/ports/crypto.ts';
import type { BindingStore, Bindings } from '../engine/bindings/interface.ts';
import type { ExecutionCatalog } from '../engine/operate/interface.ts';
import type { FlowCatalog } from '../engine/publish/interface.ts';
import type { NodeRegistry } from '../engine/registry/load-nodes.ts';
import type { MachineState } from '../engine/host/machine.ts';
import type { ArchiveRuns } from '../engine/archive/archive-runs.ts';
import type { ArchiveReader } from '../engine/archive/read-archive.ts';
import type { SettingDescription } from '../engine/host/settings.ts';
import type { Processes } from '../engine/processes/create-processes.ts';
import type { Outbound } from '../engine/outbound/open-outbound.ts';
import type { QueueSight } from '../engine/observe/queue-sight.ts';
import type { RecordQuota } from '../engine/execution/record-quota.ts';
import type { Traffic } from '../engine/observe/traffic.ts';
import type { Policy } from '../gateways/contract.ts';
import type { AlarmSettingsStore } from './alarms/alarm-settings.ts';
import type { AlarmStore } from './alarms/alarm-store.ts';
import type { SendNotice } from './alarms/send-notice.ts';
import type { AuditLog } from './audit/audit-log.ts';
import type { AccountPolicy } from './auth/account-duties.ts';
import type { AccountStore } from './auth/account-store.ts';
import type { Bulks } from './held/create-bulks.ts';
import type { CheckLogin } from './auth/login.ts';
import type { SecondFactors } from './auth/second-factor.ts';
import type { SessionStore } from './auth/session-store.ts';
import type { AdapterTests } from './adapters/adapter-tests.ts';
import type { CheckBySchema, CheckSavedInterface, PlanPublisher } from './registry/build-plan.ts';
import type { StoreGuard } from './integrity/guard-store.ts';
import type { RequestStore } from './requests/request-store.ts';
import type { FlowVisitors } from './flows/flow-visitors.ts';
import type { Registry } from './registry/registry.ts';
import type { ExecutionCounter } from './executions/execution-counter.ts';
import type { FlowUses } from './flows/flow-uses.ts';
import type { Owners } from './action/owners.ts';
import type { RunAction } from './action/run-action.ts';
import type { StoreKeeper } from './system/store-keeper.ts';
import type { LiveFlows } from './flows/live-flows.ts';

export interface ControlInfo {
  readonly version: string;
  readonly environment: string;
  /** Name of a listener (`open`, `user`, `bus`, `control`, `mllp` …) -> where it listens. */
  addresses(): Readonly<Record<string, string>>;
  /** A command that signs and sends a call when pasted; shown on the overview page. */
  tryIt?(): string | undefined;
  /** PEM of the certificate that the listeners show. */
  certificate?(): string | undefined;
  readonly settings?: readonly SettingDescription[];
  machine?(): Promise<MachineState>;
}

export type SavedDraft = Pick<FlowDocument, 'flowId' | 'revision' | 'domain'>;

export interface ControlEvents {
  flowPublished(flowId: string, version: number): void;
  /** Pages that have the flow open are to look at its draft. */
  draftSaved(flow: SavedDraft): void;
}

/** What the engine tells of itself, and of those of other processes. */
export interface EngineView {
  /** All of the installation: who they are, where flows listen, and the counts of what runs. */
  readonly processes: Pick<
    Processes,
    'list' | 'listeners' | 'live' | 'adapterCalls' | 'interfaceCalls' | 'flowCalls' | 'callsSince' | 'endCalls'
  >;
  readonly traffic: Pick<Traffic, 'series'>;
  readonly queue: QueueSight;
  readonly quota: Pick<RecordQuota, 'exceeded'>;
  /** Absent: nothing is archived. */
  readonly archive?: Pick<ArchiveReader, 'days'> & {
    readonly runs: Pick<ArchiveRuns, 'latest' | 'request' | 'stop'>;
    readonly afterDays: number;
  };
  /** Published durable flows that listen by themselves, wherever they run. */
  feeds(): readonly string[];
}

/** What the actions of alarms need of them. */
export interface AlarmParts {
  readonly store: AlarmStore;
  readonly settings: AlarmSettingsStore;
  readonly send: SendNotice;
  /** Open pages are to ask anew. */
  changed(): void;
}

export interface ControlServices {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly catalog: FlowCatalog;
  readonly bindings: Bindings;
  readonly bindingStore: BindingStore;
  readonly outbound: Outbound;
  readonly executions: ExecutionCatalog;
  readonly bulks: Bulks;
  readonly nodes: NodeRegistry;
  readonly registry: Registry;
  readonly visitors: FlowVisitors;
  readonly requests: RequestStore;
  /** Runs what a request asked for. */
  readonly runAction: RunAction;
  readonly plans: PlanPublisher;
  readonly checkSavedInterface: CheckSavedInterface;
  readonly checkBySchema: CheckBySchema;
  readonly policies: readonly Policy[];
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly checkLogin: CheckLogin;
  readonly secondFactors: SecondFactors;
  readonly accountPolicy: AccountPolicy;
  readonly audit: AuditLog;
  readonly counter: ExecutionCounter;
  readonly pingStore: () => Promise<void>;
  readonly engine: EngineView;
  readonly flowUses: FlowUses;
  readonly owners: Owners;
  readonly adapterTests: AdapterTests;
  readonly liveFlows: LiveFlows;
  readonly events: ControlEvents;
  readonly alarms: AlarmParts;
  readonly info: ControlInfo;
  readonly keeper?: StoreKeeper;
  readonly guard?: StoreGuard;
}
