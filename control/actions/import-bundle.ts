/** A bundle is looked at whole before anything of it is written; each thing in it takes the rights, and meets the refusals, of saving it by itself. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Static } from 'typebox';
import type { AdapterDocument, CodeTable } from '../../engine/contract/adapter.ts';
import { AppError, toIssue, type Issue } from '../../engine/contract/errors.ts';
import type { FlowDocument } from '../../engine/contract/flow-document.ts';
import { isRecord } from '../../engine/contract/is-record.ts';
import type { InterfaceDocument } from '../../gateways/documents.ts';
import type { ActionContext } from './action.ts';
import { requireSecretsRight } from './adapters.ts';
import { changedPointers } from './changed-pointers.ts';
import { routeClashes } from '../registry/interface-store.ts';
import { interfaceProblems, requirePublishRight } from './interfaces.ts';
import type { ControlServices } from './services.ts';

export interface BundleDocument {
  readonly schema: 'bundle/1';
  readonly adapters?: readonly AdapterDocument[];
  readonly tables?: readonly CodeTable[];
  readonly flows?: readonly Static<typeof FlowDocument>[];
  readonly interfaces?: readonly InterfaceDocument[];
}

/** What a document of the bundle does to the one of its id that is stored. */
interface Write {
  readonly kind: 'adapter' | 'table' | 'flow' | 'interface';
  readonly id: string;
  readonly before: { readonly revision: number } | undefined;
  readonly document: object;
  save(): Promise<{ readonly revision: number }>;
}

/** PERMISSION_DENIED, BUNDLE_INVALID before anything is written. Should somebody else be faster in between, the trail says how far it came. */
export async function importBundle(services: ControlServices, ctx: ActionContext, bundle: BundleDocument) {
  const { adapters = [], tables = [], flows = [], interfaces = [] } = bundle;
  if (adapters.length > 0) ctx.require('adapters.edit');
  if (tables.length > 0) ctx.require('tables.edit');
  if (interfaces.length > 0) ctx.require('interfaces.edit');
  const wrong = await problemsOf(services, bundle);
  if (wrong.some((issue) => issue.severity === 'error')) {
    throw new AppError('BUNDLE_INVALID', 'input', 'Something in the bundle is not valid; nothing was imported.', {
      issues: wrong,
      fix: 'Change what the issues name.',
    });
  }
  const writes = await writesOf(services, ctx, bundle);
  const { before, after } = { before: {} as Record<string, unknown>, after: {} as Record<string, unknown> };
  Object.assign(ctx.note, { before, after });
  for (const [index, write] of writes.entries()) {
    const name = `${write.kind} ${write.id}`;
    const { revision } = await write.save();
    if (write.before !== undefined) before[name] = { revision: write.before.revision };
    after[name] = { revision, ...changesOf(write) };
    ctx.progress({ kind: write.kind, id: write.id, done: index + 1, of: writes.length });
  }
  if (interfaces.length > 0) services.plans.changed();
  return { adapters: adapters.length, tables: tables.length, flows: flows.length, interfaces: interfaces.length };
}

/** Where it differs, of what was there before: places alone, as in the trail of a resend. */
function changesOf({ before, document }: Write): { readonly changed?: readonly string[] } {
  if (before === undefined) return {};
  return { changed: changedPointers(before, { ...document, revision: before.revision }) };
}

async function problemsOf(services: ControlServices, bundle: BundleDocument): Promise<readonly Issue[]> {
  const { adapters = [], flows = [], interfaces = [] } = bundle;
  const { bindingStore, catalog, registry } = services;
  const found: Issue[] = [];
  const add = (place: string, issues: readonly Issue[]) => found.push(...issues.map((issue) => ({ ...issue, path: place + issue.path })));
  const secrets = new Map((await bindingStore.listSecrets()).map((secret) => [secret.name, secret.adapters]));
  for (const [index, adapter] of adapters.entries()) {
    add(`/adapters/${index}`, bindingStore.adapterIssues(adapter));
    add(`/adapters/${index}`, unboundSecret(adapter, secrets));
  }
  for (const [index, flow] of flows.entries()) {
    add(`/flows/${index}`, await whatKeepsFromSaving(catalog, flow));
    await nextTurn();
  }
  const brought = new Set(flowIdsOf(bundle));
  const clashes = routeClashes(interfaces, await registry.interfaces.list());
  for (const [index, item] of interfaces.entries()) {
    const place = `/interfaces/${index}`;
    add(place, await interfaceProblems(services, item, brought));
    const clash = clashes.get(item);
    if (clash !== undefined) found.push(toIssue(clash, `${place}/path`));
    // A thousand of them take seconds, in which this process has others to serve.
    await nextTurn();
  }
  return found;
}

/**
 * Drafts may break rules, but not the schema; whoever has to mend that hears of the broken rules too. Adapters and tables that are not here may
 * come with the bundle.
 */
async function whatKeepsFromSaving(catalog: ControlServices['catalog'], flow: unknown): Promise<readonly Issue[]> {
  const issues = await catalog.validate(flow);
  if (!issues.some(({ code }) => code === 'FLOW_SCHEMA')) return [];
  return issues.filter(({ code }) => code !== 'FLOW_ADAPTER_UNKNOWN' && code !== 'FLOW_TABLE_UNKNOWN');
}

type Bound = ReadonlyMap<string, readonly string[]>;

function unboundSecret({ adapterId, credential }: AdapterDocument, secrets: Bound): readonly Issue[] {
  // One that is not stored yet is checked when it is used.
  if (credential === undefined || secrets.get(credential)?.includes(adapterId) !== false) return [];
  const refusal = new AppError('SECRET_NOT_BOUND', 'input', `The secret "${credential}" is not meant for ${adapterId}.`, {
    values: { name: credential, adapterId },
    fix: 'Ask who holds the secret to save it again with this adapter among its `adapters`, or name another.',
  });
  return [toIssue(refusal, '/credential')];
}

/** What is no flow has none. */
export function flowIdsOf({ flows = [] }: BundleDocument): readonly string[] {
  return flows.flatMap((flow: unknown) => (isRecord(flow) && typeof flow['flowId'] === 'string' ? [flow['flowId']] : []));
}

/** In the order in which they need each other. PERMISSION_DENIED where saving one of them by itself would be refused. */
async function writesOf(services: ControlServices, ctx: ActionContext, bundle: BundleDocument): Promise<readonly Write[]> {
  const { bindingStore, catalog, registry } = services;
  const { adapters = [], tables = [], flows = [], interfaces = [] } = bundle;
  const writes: Write[] = [];
  for (const adapter of adapters) {
    const { adapterId: id } = adapter;
    const before = await bindingStore.getAdapter(id);
    requireSecretsRight(ctx, before, adapter);
    const revision = before?.revision ?? 0;
    writes.push({
      kind: 'adapter',
      id,
      before,
      document: adapter,
      save: () => bindingStore.saveAdapter({ ...adapter, revision }, revision),
    });
  }
  for (const table of tables) {
    const { tableId: id } = table;
    const before = await bindingStore.getTable(id);
    const revision = before?.revision ?? 0;
    writes.push({ kind: 'table', id, before, document: table, save: () => bindingStore.saveTable({ ...table, revision }, revision) });
  }
  for (const flow of flows) {
    const { flowId: id } = flow;
    const before = await catalog.draft(id);
    const revision = before?.revision ?? 0;
    writes.push({ kind: 'flow', id, before, document: flow, save: () => catalog.saveDraft({ ...flow, revision }, ctx.actor.account) });
  }
  for (const item of interfaces) {
    const { interfaceId: id } = item;
    const before = await registry.interfaces.get(id);
    requirePublishRight(ctx, before, item);
    const revision = before?.revision ?? 0;
    writes.push({ kind: 'interface', id, before, document: item, save: () => registry.interfaces.save({ ...item, revision }) });
  }
  return writes;
}
