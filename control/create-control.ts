/**
 * Control: admin API, registry and console. It is built from ports and engine services. Between starts, all its state
 * is in the store.
 */
import type { Changes } from '../engine/changes/create-changes.ts';
import type { Clock } from '../engine/contract/values/clock.ts';
import type { Role } from '../engine/contract/access/access.ts';
import { AppError } from '../engine/contract/values/errors.ts';
import { collectChanges, type MarkChange } from '../engine/integrity/mark-changes.ts';
import type { Logger, Metrics } from '../engine/contract/values/observe.ts';
import type { Crypto } from '../engine/contract/ports/crypto.ts';
import type { Documents } from '../engine/contract/ports/documents.ts';
import type { SharedState } from '../engine/contract/ports/shared-state.ts';
import type { FileAccess } from '../engine/contract/node/file-access.ts';
import { targetOfUrl } from '../engine/contract/node/outbound-guard.ts';
import type { AskGateways } from '../gateways/documents/gateway-questions.ts';
import type { Outbound } from '../engine/outbound/open-outbound.ts';
import type { Seal } from '../engine/contract/values/seal.ts';
import type { BindingStore, Bindings } from '../engine/bindings/interface.ts';
import type { ExecutionCatalog } from '../engine/operate/interface.ts';
import type { FlowCatalog } from '../engine/publish/interface.ts';
import type { Extensions } from '../engine/extensions/open-extensions.ts';
import type { NodeRegistry } from '../engine/registry/load-nodes.ts';
import type { FoundPolicy } from '../gateways/contract.ts';
import { addressesOf } from '../gateways/documents/upstream-target.ts';
import type { Actor } from './access/actor.ts';
import { allActions, type ControlServices } from './all-actions.ts';
import { createExecutionCounter, type ExecutionCounter } from './executions/execution-counter.ts';
import { createFlowUses } from './flows/flow-uses.ts';
import { createLiveFlows } from './flows/live-flows.ts';
import { createOwners } from './action/owners.ts';
import { createRunAction, type RunAction } from './action/run-action.ts';
import type { AlarmParts } from './alarms/alarm-parts.ts';
import type { EngineView } from './action/engine-view.ts';
import type { ControlInfo } from './action/control-info.ts';
import { openAlarmSettings } from './alarms/alarm-settings.ts';
import { openAlarmStore } from './alarms/alarm-store.ts';
import { createAlarms } from './alarms/create-alarms.ts';
import type { RuleDeps } from './alarms/rules/alarm-rule.ts';
import { createFindProblems } from './alarms/find-problems.ts';
import { createSendNotice } from './alarms/send-notice.ts';
import type { StoreKeeper } from './system/store-keeper.ts';
import { createEventHub, type EventHub, type EventHubDeps } from './api/event-hub.ts';
import { startControlServer } from './api/create-server.ts';
import type { AuditLog } from './audit/audit-log.ts';
import { createRefusals } from './audit/refusals.ts';
import { createDutiesOf, type AccountPolicy } from './auth/account-duties.ts';
import { openAccountStore, type AccountStore } from './auth/account-store.ts';
import { InstanceFollower } from './instances/follow-instances.ts';
import { createBulks } from './held/create-bulks.ts';
import type { StoreGuard } from './integrity/store-guard.ts';
import { createCheckLogin } from './auth/login.ts';
import { openKnownNetworks } from './auth/known-networks.ts';
import { createRecordRefusal } from './auth/login-trail.ts';
import { oneTimePassword, type PasswordCost } from './auth/passwords.ts';
import { createSecondFactors } from './auth/second-factor.ts';
import { openSessionStore } from './auth/session-store.ts';
import { createCheckStepUp } from './action/step-up.ts';
import { createCountWrongToken } from './auth/wrong-tokens.ts';
import { openAdapterTests } from './adapters/adapter-tests.ts';
import {
  startPlanPublisher,
  type CheckBySchema,
  type CheckInterface,
  type CheckSavedInterface,
  type PublishPlan,
} from './registry/build-plan.ts';
import { openWaitingCollections } from '../engine/collections/waiting-collections.ts';
import { openFlowState } from '../engine/state/flow-state-store.ts';
import { openBusTopicStore } from '../engine/topics/bus-topic-store.ts';
import { startTopicRecorder } from './topics/record-topics.ts';
import { REQUEST_RIGHTS } from './requests/request-rights.ts';
import { openRequestStore } from './requests/request-store.ts';
import { openFlowVisitors } from './flows/flow-visitors.ts';
import { openRegistry, type Registry } from './registry/registry.ts';

export interface ControlSettings {
  readonly host: string;
  /** Port of the listener; 0 means any free port. */
  readonly port: number;
  /** Certificate and key in PEM. Without them control listens on loopback only. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /**
   * Addresses or CIDR ranges whose X-Forwarded-For is trusted for logins, tokens and the audit trail. Default: none.
   */
  readonly trustedProxies?: readonly string[];
  /** Requirements for accounts; default: no second factor is required, and passwords do not expire. */
  readonly accounts?: Partial<AccountPolicy>;
  /** The app whose grants apply to calls on the user front, because citizens have no app. */
  readonly defaultAppId: string;
}

export interface ControlDeps {
  readonly documents: Documents;
  readonly shared: SharedState;
  readonly seal: Seal;
  readonly crypto: Crypto;
  readonly catalog: FlowCatalog;
  readonly bindings: Bindings;
  readonly bindingStore: BindingStore;
  readonly outbound: Outbound;
  readonly files: FileAccess;
  readonly executions: ExecutionCatalog;
  readonly nodes: NodeRegistry;
  readonly extensions: Extensions;
  readonly engine: EngineView;
  readonly publishPlan: PublishPlan;
  readonly askGateways: AskGateways;
  /** Notifies other control processes of changes. */
  readonly changes: Pick<Changes, 'announce' | 'follow'>;
  /**
   * Returns the problems that the gateways' policies and routes find in an interface. Runs for each plan, so it must be
   * quick.
   */
  readonly checkInterface: CheckInterface;
  /** Returns the problems that slower checks find in an interface. Runs when an interface is saved. */
  readonly checkSavedInterface: CheckSavedInterface;
  readonly checkBySchema: CheckBySchema;
  /** Policies that interfaces may name. */
  readonly policies: readonly FoundPolicy[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metricsText: () => Promise<string>;
  readonly metrics: Metrics;
  readonly settings: ControlSettings;
  /**
   * Cost of new password hashes. Only tests that log in hundreds of people set it. No setting changes it, because the
   * default protects passwords.
   */
  readonly passwordCost?: PasswordCost;
  openAudit(): Promise<AuditLog>;
  /** Absent if marks are not checked, as in tests. */
  readonly guard?: StoreGuard;
  readonly info: ControlInfo;
  /** PEM of the private authority that server certificates may chain to. */
  readonly serverCa?: string;
  /** Absent when this process may not replace its store. */
  readonly keeper?: StoreKeeper;
}

export interface Control {
  readonly address: string;
  /**
   * Name and password of the administrator that this start created because the store held no account; undefined if it
   * created none. The password is returned only here.
   */
  readonly firstAdministrator?: { readonly name: string; readonly oneTimePassword: string };
  /** Runs an action as the process itself (example city, first set-up); audited as `system`. */
  run(action: string, input: unknown): Promise<unknown>;
  /** Issues a token for the command line, as `kangqiao login` does, and returns its secret. */
  issueToken(account: string, label: string, ttlMs: number): Promise<string>;
  /** Publishes the current registry and returns the number of the new plan. */
  flushPlan(): Promise<number>;
  stop(): Promise<void>;
}

/**
 * Name and roles of the first administrator. In a new installation this person must also be able to draw and run flows.
 * Security and audit need another person.
 */
const FIRST_ADMINISTRATOR = 'admin';
const FIRST_ROLES: readonly Role[] = ['system-admin', 'analyst', 'operator'];
const LENIENT: AccountPolicy = { requireSecondFactor: false, passwordMaxAgeDays: 0 };
const ACCOUNTS = 'accounts';
const SYSTEM: Actor = { account: 'system', roles: [], domains: 'all', via: 'system', from: 'process' };

export async function createControl(deps: ControlDeps): Promise<Control> {
  const { documents, clock, shared, logger, guard } = deps;
  const audit = await deps.openAudit();
  const accounts = await openAccountStore(documents, clock, deps.passwordCost);
  const sessions = await openSessionStore(deps);
  const secondFactors = createSecondFactors({ ...deps, accounts });
  const accountPolicy = { ...LENIENT, ...deps.settings.accounts };
  const registry = await openRegistry(deps);
  const counter = await createExecutionCounter(documents, clock);
  const liveFlows = createLiveFlows({ live: deps.engine.processes.live, counter, clock });
  const hub = createEventHub({ clock, logger, ...eventSources(deps, counter), flows: liveFlows });
  await seedOutbound(deps, registry);
  let instancesChanged = () => {};
  const instances = new InstanceFollower({ ...deps, lists: registry.instanceLists, onChange: () => instancesChanged() });
  const plans = await startPlanPublisher({
    ...deps,
    registry,
    defaultAppId: deps.settings.defaultAppId,
    onPublished: (number) => hub.send('plan', { number }),
    onInterfaces: (interfaces) => instances.follow(interfaces),
  });
  instancesChanged = () => plans.changed();
  const waiting = await openWaitingCollections(documents, deps.seal, clock);
  const alarms = await startAlarms({ ...deps, registry, counter, waiting }, hub);
  const bulks = await createBulks(deps);
  const services: ControlServices = {
    ...deps,
    registry,
    visitors: await openFlowVisitors(documents, clock),
    requests: await openRequestStore(documents, deps.seal),
    // `run` is created below from these services. No request calls it before that.
    runAction: (...act) => run(...act),
    plans,
    accounts,
    sessions,
    audit,
    secondFactors,
    accountPolicy,
    checkLogin: createCheckLogin({ accounts, shared, secondFactors, known: await openKnownNetworks(documents, clock), clock }),
    counter,
    flowUses: createFlowUses(deps),
    adapterTests: await openAdapterTests(documents),
    pingStore: () => documents.ping(),
    liveFlows,
    bulks,
    owners: createOwners({ ...deps, registry, bulks, alarms: alarms.store }),
    events: eventsOf(hub),
    alarms,
    topics: await openBusTopicStore(documents, clock),
    flowState: await openFlowState(documents, deps.seal, clock),
    waiting,
  };
  const topicRecorder = await startTopicRecorder({ ...deps, ...services, alarms: alarms.store });
  const actions = allActions(services);
  const refusals = createRefusals({ audit, clock, logger });
  const trailProblem = () => guard?.trailProblem();
  const checkStepUp = createCheckStepUp(services.checkLogin, clock);
  const run: RunAction = createRunAction({
    ...{ actions, audit, refusals, checkStepUp, owners: services.owners, clock, trailProblem, requestRights: REQUEST_RIGHTS },
  });
  const firstAdministrator = await createFirstAdministrator(accounts, audit, guard);
  const tellRefused = createRecordRefusal(audit, shared);
  const server = await startControlServer({
    ...deps,
    ...deps.settings,
    ...services,
    version: deps.info.version,
    actions,
    run,
    hub,
    recordRefusal: tellRefused,
    refusals,
    dutiesOf: createDutiesOf(accountPolicy, clock),
    countWrongToken: createCountWrongToken(shared, audit),
  });
  logger.info('control.listening', { address: server.address, plan: plans.current() });

  return {
    address: server.address,
    ...(firstAdministrator === undefined ? {} : { firstAdministrator }),
    run: (action, input) => run(action, input, SYSTEM),
    issueToken: async (account, label, ttlMs) => (await sessions.issueToken(account, label, ttlMs)).secret,
    flushPlan: () => plans.flush(),
    async stop() {
      await alarms.stop();
      await topicRecorder.stop();
      await server.stop();
      await refusals.stop();
      await instances.stop();
      await plans.stop();
    },
  };
}

/**
 * Allows the targets that were in use before outbound limits existed. They stay allowed until the security
 * administrator removes them.
 */
async function seedOutbound({ outbound, documents, seal }: ControlDeps, registry: Registry): Promise<void> {
  await outbound.seed('services', async () =>
    (await registry.interfaces.list()).flatMap(({ interfaceId, target }) =>
      target.kind === 'flow' ? [] : addressesOf(target).map((url) => ({ ...targetOfUrl(url), user: interfaceId })),
    ),
  );
  await outbound.seed('alarms', async () => {
    const { receivers, mail } = await (await openAlarmSettings(documents, seal)).read();
    const webhooks = receivers.flatMap(({ receiverId, url }) => (url === undefined ? [] : [{ ...targetOfUrl(url), user: receiverId }]));
    return mail === undefined ? webhooks : [...webhooks, { host: mail.host, port: mail.port, user: 'alarm mail' }];
  });
}

type AlarmsOfControlDeps = ControlDeps & Pick<RuleDeps, 'registry' | 'counter' | 'waiting'>;

/**
 * Starts the alarms. The store holds rules, receivers and open alarms; this process checks the rules while it holds the
 * lease for alarms.
 */
async function startAlarms(deps: AlarmsOfControlDeps, hub: EventHub): Promise<AlarmParts & { stop(): Promise<void> }> {
  const { documents, seal, catalog, bindingStore, engine, info } = deps;
  const store = await openAlarmStore(documents);
  const settings = await openAlarmSettings(documents, seal);
  const installation = () => ({ environment: info.environment, console: info.addresses()['control'] });
  const send = createSendNotice({ ...deps, secrets: settings, installation });
  const flowNames = async () => new Map((await catalog.list()).map(({ flowId, name }) => [flowId, name]));
  const adapterNames = async () => new Map((await bindingStore.listAdapters()).map(({ adapterId, name }) => [adapterId, name]));
  const findProblems = createFindProblems({ ...deps, queue: engine.queue, flowNames, adapterNames });
  const alarms = await createAlarms({ ...deps, store, settings, send, findProblems, onChange: () => hub.send('alarms', {}) });
  return { store, settings, send, changed: alarms.changed, stop: () => alarms.stop() };
}

/** Returns the data of executions and flows for event streams, limited to each person's domains. */
function eventSources(
  { executions, catalog }: Pick<ControlDeps, 'executions' | 'catalog'>,
  counter: ExecutionCounter,
): Pick<EventHubDeps, 'counts' | 'seesOf'> {
  return {
    counts: async (domains) => (domains === 'all' ? executions.counts() : counter.counts(await catalog.scopesOf(domains))),
    async seesOf(domains) {
      if (domains === 'all') return () => true;
      const scopes = new Map((await catalog.scopesOf(domains)).map((scope) => [scope.flowId, scope]));
      return ({ flowId, version }) => {
        const scope = scopes.get(flowId);
        return scope !== undefined && scope.versions?.includes(version) !== false;
      };
    },
  };
}

function eventsOf(hub: EventHub): ControlServices['events'] {
  return {
    flowPublished: (flowId, version) => hub.flowPublished({ flowId, version }),
    draftSaved: (flow) => hub.draftSaved(flow),
  };
}

/**
 * Creates the first administrator. Returns undefined if there are accounts. Also returns undefined if the integrity
 * check shows that there were accounts: removing all accounts must not create a new administrator.
 */
async function createFirstAdministrator(
  accounts: AccountStore,
  audit: AuditLog,
  guard: StoreGuard | undefined,
): Promise<Control['firstAdministrator']> {
  if (!(await accounts.isEmpty()) || guard?.trailProblem() !== undefined) return undefined;
  if (guard?.findings().some(({ collection }) => collection === ACCOUNTS) === true) return undefined;
  const oneTime = oneTimePassword();
  const displayName = '首任管理员 / First administrator';
  const account = { displayName, roles: [...FIRST_ROLES], domains: 'all' as const, mustChangePassword: true };
  const marks: MarkChange[] = [];
  try {
    await collectChanges(marks, () => accounts.create({ name: FIRST_ADMINISTRATOR, ...account }, oneTime));
  } catch (error) {
    // Another control process that started at the same time created the account and shows its password.
    if (error instanceof AppError && error.code === 'ACCOUNT_EXISTS') return undefined;
    throw error;
  }
  const intent = await audit.intent({ action: 'accounts.create', actor: SYSTEM, subject: FIRST_ADMINISTRATOR });
  await audit.result(intent, { outcome: 'done', note: { subject: FIRST_ADMINISTRATOR, after: { roles: account.roles } }, marks });
  return { name: FIRST_ADMINISTRATOR, oneTimePassword: oneTime };
}
