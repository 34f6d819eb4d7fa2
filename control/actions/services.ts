/** What actions work on. Everything comes from the creator; no action reaches for anything else. */
import type { Clock } from '../../engine/contract/clock.ts';
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { BindingStore, Bindings, ExecutionCatalog, FlowCatalog, NodeRegistry } from '../../engine/services.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { AccountStore } from '../auth/account-store.ts';
import type { CheckLogin } from '../auth/login.ts';
import type { SessionStore } from '../auth/session-store.ts';
import type { CheckInterface, PlanPublisher } from '../registry/build-plan.ts';
import type { Registry } from '../registry/registry.ts';
import type { ExecutionCounter } from './execution-counter.ts';

export interface ControlInfo {
  readonly version: string;
  readonly environment: string;
  /** Name of a listener (`open`, `user`, `bus`, `control`, `mllp` …) -> where it listens. */
  addresses(): Readonly<Record<string, string>>;
  /** A command that signs and sends a call when pasted; shown on the overview page. */
  tryIt?(): string | undefined;
}

export interface ControlEvents {
  flowPublished(flowId: string, version: number): void;
}

export interface ControlServices {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly catalog: FlowCatalog;
  readonly bindings: Bindings;
  readonly bindingStore: BindingStore;
  readonly executions: ExecutionCatalog;
  readonly nodes: NodeRegistry;
  readonly registry: Registry;
  readonly plans: PlanPublisher;
  readonly checkInterface: CheckInterface;
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly checkLogin: CheckLogin;
  readonly audit: AuditLog;
  readonly counter: ExecutionCounter;
  readonly events: ControlEvents;
  readonly info: ControlInfo;
}
