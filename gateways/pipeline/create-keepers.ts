import type { Keepers } from '../policy-ports.ts';

/** All state of a gateway that outlives plans. */
export interface AllKeepers {
  /** Returns the keepers for policies of an interface; without an id, for stages before an interface is known. */
  of(interfaceId: string | undefined): Keepers;
  /** Drops the state of interfaces that no longer exist. */
  retain(interfaceIds: ReadonlySet<string>): void;
  /** Stops all state. Resolves when it has stopped. */
  stop(): Promise<void>;
}

export function createKeepers(): AllKeepers {
  const gateway = new Map<string, unknown>();
  const byInterface = new Map<string, Map<string, unknown>>();
  return {
    of: (interfaceId) => ({
      ofGateway: (name, make) => keep(gateway, name, make),
      ofInterface(name, make) {
        if (interfaceId === undefined) throw new TypeError('no interface is known at this stage');
        let own = byInterface.get(interfaceId);
        if (own === undefined) byInterface.set(interfaceId, (own = new Map()));
        return keep(own, name, make);
      },
    }),
    retain(interfaceIds) {
      for (const [id, own] of byInterface) {
        if (interfaceIds.has(id)) continue;
        byInterface.delete(id);
        void stopAll(own.values());
      }
    },
    async stop() {
      await stopAll([gateway, ...byInterface.values()].flatMap((values) => [...values.values()]));
    },
  };
}

function keep<Value>(values: Map<string, unknown>, name: string, make: () => Value): Value {
  if (!values.has(name)) values.set(name, make());
  return values.get(name) as Value;
}

async function stopAll(values: Iterable<unknown>): Promise<void> {
  await Promise.allSettled([...values].map(async (value) => (isStoppable(value) ? value.stop() : undefined)));
}

function isStoppable(value: unknown): value is { stop(): void | Promise<void> } {
  return typeof value === 'object' && value !== null && 'stop' in value && typeof value.stop === 'function';
}
