/** What a front needs, and what it reports. */
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { Policy } from '../contract.ts';
import type { PlanSource } from '../plan-index.ts';
import type { QuotaStore } from '../policy-ports.ts';
import type { LoadReport } from '../documents/load-state.ts';
import type { GatewayEvent, RecentCallPage } from '../documents/gateway-questions.ts';
import type { GatewaySettings } from '../settings.ts';
import type { RunFlow } from '../../engine/contract/node/run-flow.ts';
import type { DescribedRequest, Explanation } from '../documents/gateway-questions.ts';
import type { Front } from '../../engine/contract/access/access.ts';
import type { Logger, Metrics, Tracer } from '../../engine/contract/values/observe.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { CallCounts } from '../../engine/contract/calls/call-stats.ts';
import type { FrontCalls } from '../../engine/contract/calls/front-calls.ts';
import type { GatewayCondition } from '../../engine/contract/calls/gateway-condition.ts';
import type { Inside } from '../forward/open-inside.ts';
import type { OutboundGuard } from '../../engine/contract/node/outbound-guard.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Seal } from '../../engine/contract/values/seal.ts';

export interface GatewayOptions {
  readonly front: Front;
  readonly planSource: PlanSource;
  readonly runFlow: RunFlow;
  /**
   * Set for a gateway in the DMZ, which forwards every call to the gateways inside and never uses `runFlow` and
   * `shared`.
   */
  readonly inside?: Inside;
  readonly crypto: Crypto;
  readonly shared: SharedState;
  /** Where quotas are counted. */
  readonly quotas: QuotaStore;
  /** Checks every connection to a service before it is opened. */
  readonly outbound: OutboundGuard;
  /** Seals bodies in the access log. */
  readonly seal: Pick<Seal, 'seal'>;
  /** Seals what lies in `shared`. A gateway in the DMZ has none; without one there are no sessions. */
  readonly sharedSeal?: Pick<Seal, 'seal' | 'open' | 'openText' | 'token'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** If absent, no spans are created. */
  readonly tracer?: Tracer | undefined;
  readonly settings: GatewaySettings;
  /** Folder of the access log, `<logName>.ndjson` and older files; created with mode 0700. */
  readonly logFolder: string;
  /** The front if absent. Processes that share a folder need different names. */
  readonly logName?: string;
  /** Policies that are loaded already (`loadPolicies`), when several gateways share a process. */
  readonly policies?: readonly Policy[];
}

export interface GatewayStats {
  readonly planNumber: number;
  readonly connections: number;
  readonly inFlight: number;
  readonly requests: number;
  readonly refused: number;
  readonly isDraining: boolean;
}

export interface Gateway {
  /** Returns the counts of calls of the gateway's interfaces. */
  calls(): readonly CallCounts[];
  /** Returns the calls of each front that it serves, those that reached no interface too. */
  frontCalls(): readonly FrontCalls[];
  /** Returns the states that need attention, such as open breakers. */
  conditions(): readonly GatewayCondition[];
  /** Tells what each policy would do to a described request. Returns undefined before the first plan. */
  explain(request: DescribedRequest, hidden?: readonly string[]): Promise<Explanation | undefined>;
  /** Returns the last changes of state, the newest first. */
  events(): readonly GatewayEvent[];
  /** See `RecentCalls.after`. */
  recentCalls(after: number | undefined, limit: number): RecentCallPage;
  /** Returns the load of an interface; undefined if the gateway does not serve it. */
  loadOf(interfaceId: string): LoadReport | undefined;
  /** `https://127.0.0.1:8443` */
  readonly address: string;
  readonly logName: string;
  /** Uses another certificate for new connections. Throws if it cannot be used. */
  renewTls(tls: NonNullable<GatewaySettings['tls']>): void;
  readonly port: number;
  /** Returns the number of the plan that serves new requests; 0 before the first plan. */
  applied(): number;
  stats(): GatewayStats;
  /**
   * Drains the gateway without stopping it, or ends that. While it drains, it serves every request, and asks callers to
   * close their connections.
   */
  setDraining(isDraining: boolean): void;
  /** Resolves when all calls that have ended are in the access log. */
  flushLog(): Promise<void>;
  /** Drains the gateway: completes every request that has arrived, within `drainMs`. */
  stop(): Promise<void>;
}
