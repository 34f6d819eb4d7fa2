/**
 * Imports a bundle. The whole bundle is checked before anything is written. Each document needs the same rights and
 * must pass the same checks as if it were saved separately.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AdapterDocument } from '../../engine/contract/node/adapter.ts';
import { AppError, toIssue, type Issue } from '../../engine/contract/values/errors.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { maskedPlaces, unmasked } from '../audit/without-secrets.ts';
import { requireSoundList } from '../security/ip-lists.ts';
import { requireSoundRules } from '../security/object-rules.ts';
import { isRecord } from '../../engine/contract/values/is-record.ts';
import { callsOf, unknownCall } from '../../engine/publish/called-flows.ts';
import type { ActionContext } from '../action/action.ts';
import { forbiddenTarget } from '../adapters/adapters.ts';
import { changedPointers } from '../action/changed-pointers.ts';
import { keepingEnvironments, refuseReplacing } from './bundle-replaces.ts';
import { flowIdsOf, type BundleDocument } from './bundle-document.ts';
import { writesOf, type Write } from './bundle-writes.ts';
import type { DomainScope } from '../access/domains.ts';
import { routeClashes } from '../registry/interface-store.ts';
import { interfaceProblems } from '../interfaces/interfaces.ts';
import type { Bindings, BindingStore } from '../../engine/bindings/interface.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';
import type { NodeRegistry } from '../../engine/registry/load-nodes.ts';
import type { CheckSavedInterface, PlanPublisher } from '../registry/build-plan.ts';
import type { Registry } from '../registry/registry.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { FileAccess } from '../../engine/contract/node/file-access.ts';
import type { Outbound } from '../../engine/outbound/open-outbound.ts';
import type { ExecutionCounter } from '../executions/execution-counter.ts';
import type { FlowUses } from '../flows/flow-uses.ts';
import type { Owners } from '../action/owners.ts';
import type { EngineView } from '../action/engine-view.ts';
import type { AdapterTests } from '../adapters/adapter-tests.ts';
import type { ControlInfo } from '../action/control-info.ts';

export interface ImportBundleServices {
  readonly clock: Clock;
  readonly catalog: FlowCatalog;
  readonly bindings: Bindings;
  readonly bindingStore: BindingStore;
  readonly outbound: Outbound;
  readonly files: FileAccess;
  readonly nodes: NodeRegistry;
  readonly registry: Registry;
  readonly plans: PlanPublisher;
  readonly checkSavedInterface: CheckSavedInterface;
  readonly counter: ExecutionCounter;
  readonly engine: EngineView;
  readonly flowUses: FlowUses;
  readonly owners: Owners;
  readonly adapterTests: AdapterTests;
  readonly info: ControlInfo;
}

/** Number of documents of each kind in the bundle, and the warnings. All these documents are stored now. */
export interface BundleReport {
  readonly adapters: number;
  readonly tables: number;
  readonly flows: number;
  readonly services: number;
  readonly ipLists: number;
  readonly ruleSets: number;
  readonly interfaces: number;
  readonly warnings?: readonly Issue[];
}

/**
 * Imports a bundle. Rejects before anything is written with PERMISSION_DENIED or BUNDLE_INVALID (input), or with
 * BUNDLE_WOULD_REPLACE (input) unless `replace` is set. If another save interrupts the import, the audit trail shows
 * which documents were written.
 */
export async function importBundle(
  services: ImportBundleServices,
  ctx: ActionContext,
  given: BundleDocument,
  { replace }: { readonly replace: boolean },
): Promise<BundleReport> {
  const bundle = await withEnvironmentsOfHere(services, given);
  const { adapters = [], tables = [], flows = [], services: named = [], ipLists = [], ruleSets = [], interfaces = [] } = bundle;
  if (adapters.length > 0) ctx.require('adapters.edit');
  if (tables.length > 0) ctx.require('tables.edit');
  if (named.length + ruleSets.length + interfaces.length > 0) ctx.require('interfaces.edit');
  const wrong = await problemsOf(services, bundle, ctx);
  if (wrong.some((issue) => issue.severity === 'error')) {
    throw new AppError('BUNDLE_INVALID', 'input', 'The bundle contains something that is not valid; nothing was imported.', {
      issues: wrong,
      fix: 'Correct the listed issues.',
    });
  }
  const writes = (await writesOf(services, ctx, bundle)).filter(isNeeded);
  if (writes.some(({ kind }) => kind === 'ip-list')) ctx.require('callers.edit');
  if (!replace) refuseReplacing(writes.filter(({ kind, before }) => kind !== 'flow' && before !== undefined));
  const { before, after } = { before: {} as Record<string, unknown>, after: {} as Record<string, unknown> };
  Object.assign(ctx.note, { before, after });
  for (const [index, write] of writes.entries()) {
    const name = `${write.kind} ${write.id}`;
    const { revision } = await write.save();
    if (write.before !== undefined) before[name] = { revision: write.before.revision };
    after[name] = { revision, ...(write.before === undefined ? {} : { changed: write.changed }) };
    ctx.progress({ kind: write.kind, id: write.id, done: index + 1, of: writes.length });
  }
  if (writes.some(({ kind }) => IN_PLAN.has(kind))) services.plans.changed();
  const counts = {
    ...{ adapters: adapters.length, tables: tables.length, flows: flows.length },
    ...{ services: named.length, ipLists: ipLists.length, ruleSets: ruleSets.length, interfaces: interfaces.length },
  };
  return wrong.length === 0 ? counts : { ...counts, warnings: wrong };
}

/** What gateways get. */
const IN_PLAN: ReadonlySet<Write['kind']> = new Set(['service', 'ip-list', 'rule-set', 'interface']);

async function withEnvironmentsOfHere({ bindingStore }: ImportBundleServices, bundle: BundleDocument): Promise<BundleDocument> {
  if (bundle.adapters === undefined) return bundle;
  const adapters = bundle.adapters.map(async (adapter) => {
    const stored = await bindingStore.getAdapter(adapter.adapterId);
    return keepingEnvironments(stored, unmasked(adapter, stored) as AdapterDocument);
  });
  return { ...bundle, adapters: await Promise.all(adapters) };
}

/**
 * Returns true if the document must be saved. Flows are always saved. An unchanged document of another kind keeps its
 * revision, because other people may be editing that revision.
 */
function isNeeded({ kind, before, changed }: Write): boolean {
  return kind === 'flow' || before === undefined || changed.length > 0;
}

async function problemsOf(
  services: ImportBundleServices,
  bundle: BundleDocument,
  { actor, domains }: ActionContext,
): Promise<readonly Issue[]> {
  const by = actor.account;
  const { adapters = [], flows = [], services: named = [], ipLists = [], ruleSets = [], interfaces = [] } = bundle;
  const { bindingStore, catalog, registry } = services;
  const found: Issue[] = [];
  const add = (place: string, issues: readonly Issue[]) => found.push(...issues.map((issue) => ({ ...issue, path: place + issue.path })));
  found.push(...repeatedIds(bundle));
  const secrets = new Map((await bindingStore.listSecrets()).map((secret) => [secret.name, secret.adapters]));
  for (const [index, adapter] of adapters.entries()) {
    add(`/adapters/${index}`, bindingStore.adapterIssues(adapter));
    add(`/adapters/${index}`, unboundSecret(adapter, secrets));
    add(`/adapters/${index}`, maskedValues(adapter));
  }
  const targets = await Promise.all(adapters.map((adapter) => newForbiddenTarget(services, adapter)));
  for (const [index, refusal] of targets.entries()) if (refusal !== undefined) found.push(toIssue(refusal, `/adapters/${index}`));
  for (const [index, flow] of flows.entries()) {
    add(`/flows/${index}`, await whatKeepsFromSaving(catalog, flow, by));
    add(`/flows/${index}`, await missingCalls(services, domains, bundle, flow));
    await nextTurn();
  }
  for (const [index, list] of ipLists.entries())
    add(
      `/ipLists/${index}`,
      refusalOf(() => requireSoundList(list, services.clock.now())),
    );
  for (const [index, set] of ruleSets.entries())
    add(
      `/ruleSets/${index}`,
      refusalOf(() => requireSoundRules(set)),
    );
  const brought = { flows: new Set(flowIdsOf(bundle)), services: named, ipLists, ruleSets, interfaces };
  const clashes = routeClashes(interfaces, await registry.interfaces.list());
  for (const [index, item] of interfaces.entries()) {
    const place = `/interfaces/${index}`;
    add(place, await interfaceProblems(services, item, by, brought));
    const clash = clashes.get(item);
    if (clash !== undefined) found.push(toIssue(clash, `${place}/path`));
    // A thousand flows take seconds, so let other work of this process run in between.
    await nextTurn();
  }
  return found;
}

/** Returns the issues of an input error that a check throws. */
function refusalOf(check: () => void): readonly Issue[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof AppError) || error.kind !== 'input') throw error;
    return error.issues.length > 0 ? error.issues : [toIssue(error, '')];
  }
}

/**
 * Returns an issue for each id that occurs more than once. Without this check, the last document with an id would
 * silently replace the others.
 */
function repeatedIds({
  adapters = [],
  tables = [],
  flows = [],
  services = [],
  ipLists = [],
  ruleSets = [],
  interfaces = [],
}: BundleDocument): readonly Issue[] {
  const lists: Readonly<Record<string, readonly unknown[]>> = {
    adapters: adapters.map(({ adapterId }) => adapterId),
    tables: tables.map(({ tableId }) => tableId),
    flows: flows.map((flow) => (isRecord(flow) ? flow['flowId'] : undefined)),
    services: services.map(({ serviceId }) => serviceId),
    ipLists: ipLists.map(({ listId }) => listId),
    ruleSets: ruleSets.map(({ ruleSetId }) => ruleSetId),
    interfaces: interfaces.map(({ interfaceId }) => interfaceId),
  };
  return Object.entries(lists).flatMap(([list, ids]) => {
    const firsts = new Map<unknown, number>();
    return ids.flatMap((id, index) => {
      const first = firsts.get(id);
      if (typeof id !== 'string') return [];
      if (first === undefined) {
        firsts.set(id, index);
        return [];
      }
      const message = `${id} is already in the bundle, at /${list}/${first}.`;
      const values = { id, first: `/${list}/${first}` };
      return [
        { path: `/${list}/${index}`, code: 'BUNDLE_ID_TWICE', message, severity: 'error' as const, values, fix: 'Remove one of them.' },
      ];
    });
  });
}

const OF_NO_MATTER: ReadonlySet<string> = new Set(['FLOW_ADAPTER_UNKNOWN', 'FLOW_TABLE_UNKNOWN', 'LISTENER_CLASH']);

/**
 * Returns the issues that prevent saving the flow as a draft. Drafts may break rules, but not the schema. If a flow is
 * too costly to check, its validity is unknown; then the rules that it breaks are returned too. Missing adapters and
 * tables may come with the bundle, and listener clashes matter only when the flow is published.
 */
async function whatKeepsFromSaving(catalog: FlowCatalog, flow: unknown, by: string): Promise<readonly Issue[]> {
  const issues = await catalog.validate(flow, by);
  if (!issues.some(({ code }) => code === 'FLOW_SCHEMA' || code === 'FLOW_TOO_COSTLY')) return [];
  return issues.filter(({ code }) => !OF_NO_MATTER.has(code));
}

/**
 * Returns an issue for each call to a flow that is not in the bundle and that this person cannot use in this
 * installation: the flow does not exist here, or it belongs to another domain and is not shared. For a bundle of 0.1.0
 * the issue is only a warning, because such a bundle does not include called flows.
 */
async function missingCalls(
  { catalog, nodes }: ImportBundleServices,
  domains: DomainScope,
  bundle: BundleDocument,
  flow: unknown,
): Promise<readonly Issue[]> {
  if (!isRecord(flow) || !Array.isArray(flow['nodes'])) return [];
  const brought = new Set(flowIdsOf(bundle));
  const severity = bundle.source === undefined ? ('warning' as const) : ('error' as const);
  const issues: Issue[] = [];
  for (const call of callsOf(flow as FlowDocument, nodes)) {
    const stored = brought.has(call.flowId) ? undefined : await catalog.draft(call.flowId);
    if (brought.has(call.flowId) || (stored !== undefined && domains.mayUse(stored))) continue;
    issues.push({ ...unknownCall(call), severity });
  }
  return issues;
}

/**
 * Returns an error if the adapter's target is blocked. Skips an adapter that is stored unchanged: it is not written,
 * and its connections are checked when they are opened.
 */
async function newForbiddenTarget(services: ImportBundleServices, adapter: AdapterDocument): Promise<AppError | undefined> {
  const stored = await services.bindingStore.getAdapter(adapter.adapterId);
  const isSame = stored !== undefined && changedPointers(stored, { ...adapter, revision: stored.revision }).length === 0;
  if (isSame) return undefined;
  return forbiddenTarget(services, adapter).catch((error: unknown) => {
    if (error instanceof AppError && error.kind === 'input') return error;
    throw error;
  });
}

/**
 * Returns an issue for each masked value. An export masks user info in URLs. If no stored value can replace the mask, a
 * person must enter the value before the import.
 */
function maskedValues(adapter: AdapterDocument): readonly Issue[] {
  return maskedPlaces(adapter).map((path) => ({
    path,
    code: 'BUNDLE_MASKED',
    severity: 'error' as const,
    message: `${adapter.adapterId} has a value that the export masked or cut, and no adapter stored here matches it in everything else.`,
    values: { id: adapter.adapterId, place: path },
    fix: 'Enter the full value in the bundle, or leave the adapter out and create it here.',
  }));
}

type Bound = ReadonlyMap<string, readonly string[]>;

function unboundSecret({ adapterId, credential }: AdapterDocument, secrets: Bound): readonly Issue[] {
  // Skip a secret that is not stored yet: it is checked when it is used.
  if (credential === undefined || secrets.get(credential)?.includes(adapterId) !== false) return [];
  const refusal = new AppError('SECRET_NOT_BOUND', 'input', `The secret "${credential}" is not meant for ${adapterId}.`, {
    values: { name: credential, adapterId },
    fix: 'Ask the owner of the secret to save it again with this adapter in its `adapters`, or choose another secret.',
  });
  return [toIssue(refusal, '/credential')];
}
