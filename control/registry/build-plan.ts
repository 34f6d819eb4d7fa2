/**
 * Builds the numbered plan that gateways run, from the documents in the stores. The plan contains only interfaces that
 * pass every check; the others are logged and not served.
 */
import { isDeepStrictEqual } from 'node:util';
import { Type } from 'typebox';
import type { GatewayPlan } from '../../gateways/documents/gateway-plan.ts';
import { isInForce } from '../../gateways/documents/manual-state.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';
import type { Changes } from '../../engine/changes/create-changes.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError, type Issue } from '../../engine/contract/values/errors.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Collection, CollectionSpec, Documents, StoredDocument } from '../../engine/contract/ports/documents.ts';
import { inSlices } from '../../engine/threads/run-in-slices.ts';
import type { Outbound } from '../../engine/outbound/open-outbound.ts';
import { fillInInstances } from './fill-in-instances.ts';
import { readSalts } from './read-salts.ts';
import type { Registry } from './registry.ts';

export type CheckInterface = (document: InterfaceDocument) => readonly Issue[];
/** Returns the problems of an interface. `by` is the account that saves it. */
export type CheckSavedInterface = (document: InterfaceDocument, by: string, before?: InterfaceDocument) => Promise<readonly Issue[]>;
/**
 * Returns the violations of a JSON Schema, with the messages that a caller would get; undefined if the value is valid.
 * `by` is the account that asks.
 */
export type CheckBySchema = (
  schema: Readonly<Record<string, unknown>>,
  value: unknown,
  by: string,
) => Promise<readonly { readonly path: string; readonly message: string }[] | undefined>;

/** Publishes a plan. If another process has already published the same plan or a later one, returns that plan. */
export type PublishPlan = (plan: GatewayPlan) => GatewayPlan | void | Promise<GatewayPlan | void>;

export interface PlanPublisherDeps {
  readonly documents: Documents;
  readonly changes: Pick<Changes, 'announce' | 'follow'>;
  readonly registry: Registry;
  readonly publishPlan: PublishPlan;
  readonly checkInterface: CheckInterface;
  readonly outbound: Pick<Outbound, 'exceptions'>;
  readonly bindingStore: Pick<BindingStore, 'listSecrets' | 'revealSecret'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly defaultAppId: string;
  readonly onPublished: (number: number) => void;
  /** Called with all interfaces before a plan is made of them. */
  readonly onInterfaces: (interfaces: readonly InterfaceDocument[]) => void;
}

export interface PlanPublisher {
  /** Publishes a new plan after 20 ms. Several calls within this time cause only one plan. */
  changed(): void;
  /** Builds and publishes a plan now; resolves with its number once it is published. */
  flush(): Promise<number>;
  current(): number;
  /** Returns the time when the current plan was built, in epoch milliseconds. */
  madeAt(): number;
  stop(): Promise<void>;
}

interface Counter extends StoredDocument {
  readonly number: number;
}

const countersSpec: CollectionSpec<Counter> = {
  name: 'counters',
  schema: Type.Object({ _id: Type.String(), number: Type.Integer() }, { additionalProperties: false }),
  indexes: [],
};

const DEBOUNCE_MS = 20;
const RETRY_MS = 1000;
const TOPIC = 'registry';
/**
 * A change of another control process is published by that process. This process publishes it too after this time, in
 * case the other process did not.
 */
const OTHERS_MS = 1_000;
/** Interval at which this process publishes changes of a control process that died before it could announce them. */
const LOOK_EVERY_MS = 30_000;

/** Publishes a first plan immediately, then one after each change made here or in another control process. */
export async function startPlanPublisher(deps: PlanPublisherDeps): Promise<PlanPublisher> {
  const counters = await deps.documents.open(countersSpec);
  let number = 0;
  let madeAt = 0;
  let lastValid: ReadonlyMap<string, InterfaceDocument> = new Map();
  let cancel: (() => void) | undefined;
  let scheduledAt = 0;
  let building: Promise<unknown> = Promise.resolve();
  let stopped = false;

  function flush(): Promise<number> {
    cancel?.();
    cancel = undefined;
    const next = building.then(async () => {
      const built = await buildPlan(deps, counters, lastValid);
      lastValid = new Map(built.interfaces.map((document) => [document.interfaceId, document]));
      const plan = (await deps.publishPlan(built)) ?? built;
      if (plan.number !== number) deps.onPublished(plan.number);
      number = plan.number;
      madeAt = plan.madeAt;
      return number;
    });
    building = next.catch(() => {});
    return next;
  }

  /** Schedules a build. A later request does not delay an earlier one. */
  function schedule(delayMs: number): void {
    const dueAt = deps.clock.monotonic() + delayMs;
    if (stopped || (cancel !== undefined && scheduledAt <= dueAt)) return;
    cancel?.();
    scheduledAt = dueAt;
    cancel = deps.clock.after(delayMs, () => {
      cancel = undefined;
      flush().catch((error: unknown) => {
        deps.logger.error('plan.failed', error);
        schedule(RETRY_MS);
      });
    });
  }

  const unfollow = deps.changes.follow(TOPIC, () => schedule(OTHERS_MS));
  await flush();
  let cancelLook = () => {};
  function pollAgain(): void {
    schedule(0);
    cancelLook = deps.clock.after(LOOK_EVERY_MS, pollAgain);
  }
  if (!deps.documents.isExclusive) cancelLook = deps.clock.after(LOOK_EVERY_MS, pollAgain);
  return {
    changed() {
      schedule(DEBOUNCE_MS);
      void deps.changes.announce(TOPIC, 'all');
    },
    flush,
    current: () => number,
    madeAt: () => madeAt,
    async stop() {
      stopped = true;
      cancel?.();
      cancelLook();
      unfollow();
      await building;
    },
  };
}

async function buildPlan(
  { registry, checkInterface, outbound, bindingStore, clock, logger, defaultAppId, onInterfaces }: PlanPublisherDeps,
  counters: Collection<Counter>,
  lastValid: ReadonlyMap<string, InterfaceDocument>,
): Promise<GatewayPlan> {
  // Take the number before reading data. The data is then at least as new as the data of any lower number.
  const number = await nextNumber(counters);
  const [
    interfaces,
    apps,
    keys,
    grants,
    userTokenKeys,
    userTokenIssuers,
    busConsumers,
    platform,
    ipLists,
    objectRuleSets,
    services,
    blocked,
    safeSites,
    manualStates,
    instanceLists,
  ] = await Promise.all([
    registry.interfaces.list(),
    registry.apps.list(),
    registry.keys.forPlan(),
    registry.grants.list(),
    registry.userTokenKeys.list(),
    registry.userTokenIssuers.list(),
    registry.busConsumers.list(),
    registry.platformKeys.forPlan(),
    registry.ipLists.list(),
    registry.objectRules.list(),
    registry.services.list(),
    registry.blockedCallers.list(),
    registry.safeSites.list(),
    registry.manualStates.list(),
    registry.instanceLists.list(),
  ]);
  onInterfaces(interfaces);
  const served = fillInInstances(interfaces, instanceLists, logger);
  const valid = await inSlices(validInterfaces(served, lastValid, { checkInterface, logger }));
  return {
    number,
    madeAt: clock.now(),
    interfaces: valid,
    apps,
    keys: keys.filter(({ purpose }) => purpose !== 'encrypt'),
    encryptionKeys: keys.filter(({ purpose }) => purpose === 'encrypt'),
    grants,
    userTokenKeys: userTokenKeys.map((item) => item.value),
    userTokenIssuers: userTokenIssuers.map((item) => item.value),
    busConsumers: busConsumers.map((item) => item.value),
    ipLists,
    objectRuleSets,
    objectSalts: await readSalts(bindingStore),
    services,
    blockedCallers: { key: registry.blockedCallersKey, entries: blocked.map((entry) => ({ ...entry, reason: '' })) },
    safeSites,
    manualStates: manualStates
      .filter((manual) => isInForce(manual, clock.now()))
      .map(({ interfaceId, state, until }) => ({ interfaceId, state, until })),
    outbound: outbound.exceptions.targets(),
    defaultAppId,
    platformKey: platform.signer,
    platformKeys: platform.all,
  };
}

/**
 * Returns the interfaces that pass every check. One that has not changed since the last plan is not checked again, and is
 * the same object, so that gateways in this process notice at once that it is the same.
 */
function* validInterfaces(
  interfaces: readonly InterfaceDocument[],
  last: ReadonlyMap<string, InterfaceDocument>,
  { checkInterface, logger }: Pick<PlanPublisherDeps, 'checkInterface' | 'logger'>,
): Generator<void, readonly InterfaceDocument[]> {
  const valid: InterfaceDocument[] = [];
  for (const document of interfaces) {
    yield;
    const before = last.get(document.interfaceId);
    if (before !== undefined && isDeepStrictEqual(before, document)) {
      valid.push(before);
      continue;
    }
    const wrong = checkInterface(document).filter((issue) => issue.severity === 'error');
    if (wrong.length === 0) valid.push(document);
    else {
      const problems = wrong.map((issue) => `${issue.path} ${issue.code}`);
      logger.warn('plan.interface-left-out', { interfaceId: document.interfaceId, problems });
    }
  }
  return valid;
}

async function nextNumber(counters: Collection<Counter>): Promise<number> {
  await counters.insert({ _id: 'plan', number: 0 });
  const result = await counters.patchIf('plan', {}, { inc: { number: 1 } }, { durability: 'full' });
  if (result.outcome === 'patched') return result.document.number;
  throw new AppError('PLAN_NUMBER', 'transient', 'The plan could not be numbered.', { fix: 'It will be retried in a second.' });
}
