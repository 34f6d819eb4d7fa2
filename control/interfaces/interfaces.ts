/**
 * Actions for published interfaces. An interface is fully checked when it is saved, and reaches the gateways within a
 * second.
 */
import { Type } from 'typebox';
import { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import type { Permission } from '../../engine/contract/access/access.ts';
import { AppError, type Issue } from '../../engine/contract/values/errors.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import { closed, defineAction, type Action, type ActionContext } from '../action/action.ts';
import { callsOf, reportCalls, type CallState } from '../adapters/call-states.ts';
import { requireSameId } from '../action/require-same-id.ts';
import { type DomainRequirement, type DomainScope, existing } from '../access/domains.ts';
import { isAllowed } from '../access/permissions.ts';
import { grantsSeen } from '../callers/grants-seen.ts';
import { optionsOfObjects } from '../security/object-options.ts';
import { refuseIfNamed } from '../security/refuse-if-named.ts';
import type { Outbound } from '../../engine/outbound/open-outbound.ts';
import { findRefusedTargets } from './find-refused-targets.ts';
import { findUnknownNames, type Brought } from '../security/find-unknown-names.ts';
import { all, saving, type Owners } from '../action/owners.ts';
import { onlyPage, type Page, pageOf, type PageQuery } from '../action/pages.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';
import type { CheckSavedInterface, PlanPublisher } from '../registry/build-plan.ts';
import { sourcesOf } from '../registry/fill-in-instances.ts';
import type { Registry } from '../registry/registry.ts';
import type { ExecutionCounter } from '../executions/execution-counter.ts';
import type { EngineView } from '../action/engine-view.ts';

export interface InterfaceServices {
  readonly clock: Clock;
  readonly catalog: FlowCatalog;
  readonly registry: Registry;
  readonly plans: PlanPublisher;
  readonly outbound: Pick<Outbound, 'guard'>;
  readonly checkSavedInterface: CheckSavedInterface;
  readonly counter: ExecutionCounter;
  readonly engine: EngineView;
  readonly owners: Owners;
}

const InterfaceId = Type.String({ maxLength: 64 });
const byId = Type.Object({ interfaceId: InterfaceId }, closed);

export interface InterfaceItem extends InterfaceDocument {
  /**
   * The flow that the interface calls, for people who may read flows. Absent if the target is an upstream, or if the
   * flow was removed.
   */
  readonly flow?: {
    readonly name: Text;
    readonly publishedVersion?: number;
    /** All executions of the flow since midnight, whatever started them; for people who may read executions. */
    readonly today?: number;
    readonly failedToday?: number;
    /** Executions of the flow that are held now: they were accepted and wait for a person. */
    readonly held?: number;
  };
  /** Number of apps that may call the interface; for people who may read callers. */
  readonly grants?: number;
  /** The state of the interface's calls; absent if there were none. */
  readonly calls?: CallState;
}

export function interfaceActions(services: InterfaceServices): readonly Action[] {
  return [
    listInterfaces(services),
    getInterface(services),
    readInterfaceCalls(services),
    validateInterface(services),
    saveInterface(services),
    setInterfaceState(services),
    removeInterface(services),
  ];
}

function listInterfaces(services: InterfaceServices): Action {
  return defineAction({
    name: 'interfaces.list',
    right: 'interfaces.read',
    domain: 'filtered',
    text: { 'zh-CN': '接口列表', en: 'List interfaces' },
    input: onlyPage,
    audited: false,
    run: async ({ actor, domains }, wish): Promise<Page<InterfaceItem>> =>
      readInterfaces(services, domains, (permission) => isAllowed(actor, permission), wish),
  });
}

function getInterface({ owners, registry }: InterfaceServices): Action {
  const { interfaces } = registry;
  return defineAction({
    name: 'interfaces.get',
    right: 'interfaces.read',
    domain: ({ interfaceId }) => all(owners.interface(interfaceId)),
    text: { 'zh-CN': '读取接口', en: 'Read an interface' },
    input: byId,
    audited: false,
    run: async (_ctx, { interfaceId }) => existing(await interfaces.get(interfaceId), interfaceId),
  });
}

function readInterfaceCalls({ owners, engine, clock }: InterfaceServices): Action {
  return defineAction({
    name: 'interfaces.calls',
    right: 'interfaces.read',
    domain: ({ interfaceId }) => all(owners.interface(interfaceId)),
    text: { 'zh-CN': '接口的调用情况：当前状态与最近的流量', en: 'State and recent traffic of an interface' },
    input: byId,
    audited: false,
    run: async (_ctx, { interfaceId }) =>
      reportCalls(engine, (await engine.processes.interfaceCalls()).get(interfaceId), 'interface', interfaceId, clock.now()),
  });
}

function validateInterface(services: InterfaceServices): Action {
  const { owners } = services;
  return defineAction({
    name: 'interfaces.validate',
    right: 'interfaces.read',
    domain: ({ document }) => savingInterface(owners, document),
    text: { 'zh-CN': '校验接口', en: 'Check an interface' },
    input: Type.Object({ document: InterfaceDocument }, closed),
    audited: false,
    async run({ actor }, { document }) {
      const issues = await interfaceProblems(services, document, actor.account);
      return { valid: issues.every((issue) => issue.severity !== 'error'), issues };
    },
  });
}

function saveInterface(services: InterfaceServices): Action {
  const { plans, owners, registry } = services;
  const { interfaces } = registry;
  return defineAction({
    name: 'interfaces.save',
    right: 'interfaces.edit',
    domain: ({ document }) => savingInterface(owners, document),
    text: { 'zh-CN': '保存接口；与他人同路由时指名拒绝', en: 'Save an interface; a route conflict names the other interface' },
    input: Type.Object({ interfaceId: InterfaceId, document: InterfaceDocument }, closed),
    audited: true,
    subject: ({ interfaceId }) => interfaceId,
    async run(ctx, { interfaceId, document }) {
      requireSameId(document.interfaceId, interfaceId);
      const before = await interfaces.get(interfaceId);
      requirePublishRight(ctx, before, document);
      const issues = await interfaceProblems(services, document, ctx.actor.account);
      if (issues.some((issue) => issue.severity === 'error')) throw interfaceInvalid(issues);
      const saved = await interfaces.save(document);
      plans.changed();
      ctx.note.before = before;
      ctx.note.after = saved;
      return saved;
    },
  });
}

function setInterfaceState({ plans, owners, registry }: InterfaceServices): Action {
  const { interfaces } = registry;
  return defineAction({
    name: 'interfaces.set-state',
    right: 'interfaces.publish',
    domain: ({ interfaceId }) => all(owners.interface(interfaceId)),
    text: { 'zh-CN': '上线或下线接口', en: 'Take an interface online or offline' },
    input: Type.Object(
      {
        interfaceId: InterfaceId,
        state: Type.Union([Type.Literal('online'), Type.Literal('offline')]),
        // The revision that the person saw. If the interface was saved since then, the action changes nothing.
        revision: Type.Optional(Type.Integer({ minimum: 1 })),
      },
      closed,
    ),
    audited: true,
    subject: ({ interfaceId, state }) => `${interfaceId} ${state}`,
    async run(ctx, { interfaceId, state, revision }) {
      const before = existing(await interfaces.get(interfaceId), interfaceId);
      const saved = await interfaces.save({ ...before, revision: revision ?? before.revision, state });
      ctx.note.before = { state: before.state, revision: before.revision };
      ctx.note.after = { state: saved.state, revision: saved.revision };
      plans.changed();
      return saved;
    },
  });
}

function removeInterface({ plans, owners, engine, registry }: InterfaceServices): Action {
  const { interfaces, grants } = registry;
  return defineAction({
    name: 'interfaces.remove',
    right: 'interfaces.publish',
    domain: ({ interfaceId }) => all(owners.interface(interfaceId)),
    text: {
      'zh-CN': '删除接口及其授权（有接口向它查询关系时拒绝）',
      en: 'Delete an interface with its grants; refused while interfaces ask it for relations',
    },
    input: byId,
    audited: true,
    subject: ({ interfaceId }) => interfaceId,
    async run(ctx, { interfaceId }) {
      ctx.note.before = existing(await interfaces.get(interfaceId), interfaceId);
      await refuseIfProvider(registry, interfaceId);
      const removed = await interfaces.remove(interfaceId);
      await registry.manualStates.remove(interfaceId);
      for (const grant of await grants.listBy('interfaceId', interfaceId)) await grants.remove(grant.grantId);
      plans.changed();
      await engine.processes.endCalls('interface', interfaceId);
      return { removed };
    },
  });
}

/** Rejects with NAMED_BY_INTERFACES (input) if other interfaces ask this one for relations, themselves or by a rule set. */
async function refuseIfProvider(registry: Registry, interfaceId: string): Promise<void> {
  const sets = (await registry.objectRules.list()).filter(({ rules }) =>
    rules.some(({ op, provider }) => op === 'memberOf' && provider === interfaceId),
  );
  const setIds = new Set(sets.map(({ ruleSetId }) => ruleSetId));
  await refuseIfNamed(
    registry,
    interfaceId,
    (document) =>
      document.interfaceId !== interfaceId &&
      optionsOfObjects(document).some(
        ({ providers, ruleSets }) =>
          providers.some((provider) => provider.interfaceId === interfaceId) || ruleSets.some((id) => setIds.has(id)),
      ),
  );
}

/**
 * Returns the domains that saving an interface requires. The person must have the domain of the flow that it calls. It
 * is not enough if the flow is shared, because a flow is shared for use by other flows. An interface would offer it to
 * outside callers, and then people with only the domain of the flow could no longer publish it.
 */
export async function savingInterface(
  owners: Owners,
  { interfaceId, domain, target }: InterfaceDocument,
): Promise<readonly DomainRequirement[]> {
  const demands = await saving(owners.interface(interfaceId), { domain });
  if (target.kind === 'flow') return [...demands, await owners.flow(target.flowId)];
  return [...demands, ...(await Promise.all(sourcesOf({ target }).map(({ adapterId }) => owners.adapter(adapterId))))];
}

/**
 * Throws PERMISSION_DENIED (input) if the change sets an interface online or offline and the person may not publish
 * interfaces.
 */
export function requirePublishRight(ctx: ActionContext, before: InterfaceDocument | undefined, after: InterfaceDocument): void {
  if (before?.state !== after.state && (after.state === 'online' || before !== undefined)) ctx.require('interfaces.publish');
}

/** Returns the problems of an interface. `brought` is what is saved together with it. */
export async function interfaceProblems(
  services: Pick<InterfaceServices, 'checkSavedInterface' | 'catalog' | 'registry' | 'outbound' | 'clock'>,
  document: InterfaceDocument,
  by: string,
  brought: Brought = {},
): Promise<readonly Issue[]> {
  const { checkSavedInterface, catalog, registry } = services;
  const issues = [...(await checkSavedInterface(document, by, await registry.interfaces.get(document.interfaceId)))];
  // A bundle has up to a thousand interfaces: their names are looked up when they are called.
  issues.push(...(await findRefusedTargets(services, document, brought.interfaces === undefined)));
  const { target } = document;
  if (target.kind === 'flow' && brought.flows?.has(target.flowId) !== true && (await catalog.draft(target.flowId)) === undefined) {
    issues.push({
      path: '/target/flowId',
      code: 'INTERFACE_FLOW_UNKNOWN',
      severity: 'error',
      message: `There is no flow ${target.flowId}.`,
      values: { flowId: target.flowId },
      fix: 'Save the flow first.',
    });
  }
  return [...issues, ...(await findUnknownNames(registry, document, brought))];
}

export function interfaceInvalid(issues: readonly Issue[]): AppError {
  return new AppError('INTERFACE_INVALID', 'input', `The interface has ${issues.length} problem(s).`, {
    values: { count: issues.length },
    issues,
    fix: 'Correct the listed issues.',
  });
}

type May = (permission: Permission) => boolean;

async function readInterfaces(services: InterfaceServices, domains: DomainScope, may: May, wish: PageQuery): Promise<Page<InterfaceItem>> {
  const { registry, engine, clock } = services;
  const [documents, flows, grants, calls] = await Promise.all([
    registry.interfaces.list(),
    targetFlows(services, domains, may),
    may('callers.read') ? grantsSeen(registry, domains) : undefined,
    engine.processes.interfaceCalls(),
  ]);
  const { items, ...rest } = pageOf(domains.keep(documents), ({ interfaceId }) => [interfaceId], wish);
  const described = items.map((document) => {
    const flow = document.target.kind === 'flow' ? flows.get(document.target.flowId) : undefined;
    const granted = grants?.filter((grant) => grant.interfaceId === document.interfaceId).length;
    return {
      ...document,
      ...(flow === undefined ? {} : { flow }),
      ...(granted === undefined ? {} : { grants: granted }),
      ...callsOf(calls.get(document.interfaceId), clock.now()),
    };
  });
  return { items: described, ...rest };
}

async function targetFlows(
  { catalog, counter }: InterfaceServices,
  domains: DomainScope,
  may: May,
): Promise<ReadonlyMap<string, NonNullable<InterfaceItem['flow']>>> {
  if (!may('flows.read')) return new Map();
  const flows = domains.keep(await catalog.list());
  const ids = flows.map(({ flowId }) => flowId);
  const counts = may('executions.read') ? await Promise.all([counter.today(ids), counter.failedToday(ids), counter.held(ids)]) : undefined;
  return new Map(
    flows.map(({ flowId, name, publishedVersion }) => [
      flowId,
      {
        name,
        ...(publishedVersion === undefined ? {} : { publishedVersion }),
        ...(counts === undefined ? {} : countsOf(flowId, counts)),
      },
    ]),
  );
}

type Counts = Readonly<Record<string, number>>;

function countsOf(flowId: string, [today, failed, held]: readonly [Counts, Counts, Counts]) {
  return { today: today[flowId] ?? 0, failedToday: failed[flowId] ?? 0, held: held[flowId] ?? 0 };
}
