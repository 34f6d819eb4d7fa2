/** Opens the administration of the broker behind an adapter, and remembers since when a broker cannot be reached. */
import type { AdapterType } from '../../engine/contract/node/adapter-type.ts';
import {
  notAdministered,
  type BrokerAdministration,
  type BrokerAdministrations,
} from '../../engine/contract/node/broker-administration.ts';
import { AppError, toErrorRecord, type ErrorRecord } from '../../engine/contract/values/errors.ts';
import { existing } from '../access/domains.ts';
import type { ActionContext } from '../action/action.ts';
import type { Owners } from '../action/owners.ts';
import { adapterHere, type TestAdapterServices } from '../adapters/test-adapter.ts';

export interface BrokerServices extends TestAdapterServices {
  readonly owners: Owners;
}

/** The last failure of a broker, and the time of the first one without a success in between. */
export interface BrokerFailure {
  readonly error: ErrorRecord;
  readonly since: number;
}

export interface OpenBroker {
  /** Runs the work with the administration of the broker, and closes it. */
  use<T>(ctx: ActionContext, adapterId: string, work: (administration: BrokerAdministration) => Promise<T>, limit?: Limit): Promise<T>;
  failureOf(adapterId: string): BrokerFailure | undefined;
}

/** `short`: an act that a person waits for. `long`: it reports its progress, and each step has its own limit. */
type Limit = 'short' | 'long';

const SHORT_MS = 20_000;
const MOST_FAILURES = 1_000;

export function createOpenBroker(services: BrokerServices): OpenBroker {
  const { bindings, bindingStore, outbound, files, nodes, clock } = services;
  const failures = new Map<string, BrokerFailure>();

  function note(adapterId: string, error: unknown): void {
    if (!isFailure(error)) return;
    const since = failures.get(adapterId)?.since ?? clock.now();
    if (failures.size >= MOST_FAILURES) failures.clear();
    failures.set(adapterId, { error: toErrorRecord(error), since });
  }

  return {
    async use(ctx, adapterId, work, limit = 'short') {
      existing(await bindingStore.getAdapter(adapterId), adapterId);
      const adapter = adapterHere(services, adapterId);
      const brokers = brokersOf(nodes.adapterTypes?.() ?? [], adapter.protocol);
      if (brokers === undefined) throw notAdministered('unsupported');
      const end = new AbortController();
      const cancelEnd = limit === 'long' ? () => undefined : clock.after(SHORT_MS, () => end.abort());
      const signal = AbortSignal.any([ctx.signal, end.signal]);
      const secret = (name = adapterId) => bindings.secret(name);
      let administration: BrokerAdministration | undefined;
      try {
        administration = await brokers.open({ adapter, outbound: outbound.guard, files, signal, clock, secret });
        const result = await work(administration);
        failures.delete(adapterId);
        return result;
      } catch (error) {
        const shown = end.signal.aborted ? tooSlow() : error;
        if (!ctx.signal.aborted) note(adapterId, shown);
        throw shown;
      } finally {
        cancelEnd();
        await administration?.close();
      }
    },
    failureOf: (adapterId) => failures.get(adapterId),
  };
}

export function brokersOf(types: readonly AdapterType[], protocol: string): BrokerAdministrations | undefined {
  return types.find((type) => type.protocol === protocol)?.brokers;
}

/** A refusal of one act says nothing of the broker. */
function isFailure(error: unknown): boolean {
  return error instanceof AppError && (error.kind === 'transient' || error.code === 'MESSAGING_LOGIN_REFUSED');
}

function tooSlow(): AppError {
  const seconds = SHORT_MS / 1000;
  return new AppError('BROKER_TIMEOUT', 'transient', `The broker did not answer within ${seconds} s.`, {
    values: { seconds },
    fix: 'Try again; if it keeps failing, test the connection of the adapter.',
  });
}
