/**
 * Reads what the remote system of an adapter offers to nodes of a type (`protocol.verb@major`). Without a type, uses the
 * first one of the adapter's protocol that can read this.
 */
import { AppError } from '../../engine/contract/values/errors.ts';
import { typeName, type Offer } from '../../engine/contract/node/node.ts';
import type { ActionContext } from '../action/action.ts';
import { existing } from '../access/domains.ts';
import { adapterHere } from './test-adapter.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Bindings, BindingStore } from '../../engine/bindings/interface.ts';
import type { NodeRegistry } from '../../engine/registry/load-nodes.ts';
import type { FileAccess } from '../../engine/contract/node/file-access.ts';
import type { Outbound } from '../../engine/outbound/open-outbound.ts';
import type { AdapterTests } from './adapter-tests.ts';
import type { ControlInfo } from '../action/control-info.ts';

export interface ReadOffersServices {
  readonly clock: Clock;
  readonly bindings: Bindings;
  readonly bindingStore: BindingStore;
  readonly outbound: Outbound;
  readonly files: FileAccess;
  readonly nodes: NodeRegistry;
  readonly adapterTests: AdapterTests;
  readonly info: ControlInfo;
}

const OFFERS_MS = 15_000;

export interface OfferList {
  readonly items: readonly Offer[];
}

export async function readOffers(
  services: ReadOffersServices,
  ctx: ActionContext,
  { adapterId, nodeType }: { readonly adapterId: string; readonly nodeType?: string },
): Promise<OfferList> {
  const { bindings, bindingStore, outbound, nodes, clock } = services;
  existing(await bindingStore.getAdapter(adapterId), adapterId);
  const adapter = adapterHere(services, adapterId);
  const offers = nodes
    .list()
    .filter((node) => nodeType === undefined || typeName(node) === nodeType)
    .map((node) => (node.kind === 'action' && node.adapter === adapter.protocol ? node.offers : undefined))
    .find((one) => one !== undefined);
  if (offers === undefined) {
    throw new AppError('ADAPTER_NO_OFFERS', 'input', `A system with the protocol ${adapter.protocol} does not describe its operations.`, {
      values: { protocol: adapter.protocol },
      fix: 'Fill in the fields by hand.',
    });
  }
  const end = new AbortController();
  const cancelEnd = clock.after(OFFERS_MS, () => end.abort(timeout(adapterId)));
  const signal = AbortSignal.any([ctx.signal, end.signal]);
  const secret = (name = adapterId) => bindings.secret(name);
  try {
    return { items: await offers({ adapter, outbound: outbound.guard, files: services.files, signal, clock, secret }) };
  } finally {
    cancelEnd();
  }
}

function timeout(adapterId: string): AppError {
  const seconds = OFFERS_MS / 1000;
  return new AppError('ADAPTER_OFFERS_TIMEOUT', 'transient', `The description of ${adapterId} could not be read within ${seconds} s.`, {
    values: { adapterId, seconds },
    fix: 'Try again; if it keeps failing, test the connection, or fill in the fields by hand.',
  });
}
