import type { AdapterType } from '../contract/node/adapter-type.ts';
import type { OutboundGuard } from '../contract/node/outbound-guard.ts';
import type { BindingStore } from '../bindings/interface.ts';
import { createOutboundGuard } from './create-outbound-guard.ts';
import { openOutboundExceptions, type OutboundExceptions, type OutboundExceptionsDeps } from './open-outbound-exceptions.ts';
import { seedExceptions, type UsedTarget } from './seed-exceptions.ts';

/** Limits the targets of this process's connections (docs/decisions/0046). */
export interface Outbound {
  readonly guard: OutboundGuard;
  readonly exceptions: OutboundExceptions;
  /**
   * Adds exceptions for targets that were in use before this version limited them. They stay until a person decides
   * about them. `kind` says what uses the targets, for example `adapters`. Does nothing if it was done before for this
   * kind.
   */
  seed(kind: string, used: () => Promise<readonly UsedTarget[]>): Promise<void>;
}

export interface OutboundDeps extends OutboundExceptionsDeps {
  /** Ports the platform listens on. */
  readonly ownPorts?: readonly number[];
}

export async function openOutbound(deps: OutboundDeps): Promise<Outbound> {
  const exceptions = await openOutboundExceptions(deps);
  const ownPorts = new Set((deps.ownPorts ?? []).filter((port) => port > 0));
  const guard = createOutboundGuard({ isExcepted: exceptions.matches, ownPorts });
  return { guard, exceptions, seed: (kind, used) => seedExceptions(kind, used, { ...deps, guard, exceptions }) };
}

/** Returns the targets of this environment's adapters. */
export async function targetsOfAdapters(
  store: Pick<BindingStore, 'listAdapters'>,
  types: readonly AdapterType[],
  environment: string,
): Promise<readonly UsedTarget[]> {
  const adapters = await store.listAdapters();
  return adapters.flatMap(({ adapterId, protocol, environments }) => {
    const settings = Object.hasOwn(environments, environment) ? environments[environment] : undefined;
    const type = types.find((one) => one.protocol === protocol);
    if (settings === undefined || type?.connectsTo === undefined) return [];
    return type.connectsTo(settings).map((target) => ({ ...target, user: adapterId }));
  });
}
