/**
 * How control asks a registry centre for the instances of a service. An adapter type that has `createFindInstances`
 * can be the source of an upstream group (`control/instances/`).
 */
import type { Clock } from '../values/clock.ts';
import type { Adapter } from './adapter.ts';
import type { OutboundGuard } from './outbound-guard.ts';

export interface InstanceQuery {
  readonly service: string;
  readonly namespace?: string;
  readonly group?: string;
  readonly tag?: string;
  /** True if instances that fail the checks of the registry centre are wanted too. */
  readonly withUnhealthy?: boolean;
}

export interface RegisteredInstance {
  readonly host: string;
  readonly port: number;
  /** From 0 to 1000. */
  readonly weight: number;
  readonly tags: readonly string[];
}

export interface InstanceAnswer {
  readonly instances: readonly RegisteredInstance[];
  /** Set if the next question may wait at the registry centre until the list changes. */
  readonly cursor?: string;
}

export interface FindInstancesContext {
  readonly adapter: Adapter;
  readonly outbound: OutboundGuard;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The cursor of the last answer; absent for the first question and after a failure. */
  readonly cursor?: string | undefined;
  /** How long the registry centre may wait for a change, in milliseconds. */
  readonly waitMs: number;
  secret(): Promise<string>;
}

/** Rejects with REGISTRY_… errors, and with OUTBOUND_REFUSED (input). */
export type FindInstances = (query: InstanceQuery, ctx: FindInstancesContext) => Promise<InstanceAnswer>;
