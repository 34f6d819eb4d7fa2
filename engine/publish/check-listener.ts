import type { Adapter } from '../contract/node/adapter.ts';
import { AppError, toIssue, type Issue } from '../contract/values/errors.ts';
import type { FlowNode } from '../contract/flow/flow-document.ts';
import { isRecord } from '../contract/values/is-record.ts';
import type { NodeDefinition } from '../contract/node/node.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { Bindings } from '../bindings/interface.ts';
import type { PublishedFlows } from '../compile/published-flows.ts';
import type { NodeRegistry } from '../registry/load-nodes.ts';

/** The other listening flows, and the addresses of adapters. */
export interface ListenerDeps {
  readonly published: Pick<PublishedFlows, 'list'>;
  readonly bindings: Pick<Bindings, 'adapter'>;
}

/** What is known of a listening flow: the whole of a published one, and only this much of a draft. */
interface Listening {
  readonly flowId: string;
  readonly domain: string;
  readonly adapter: string | undefined;
  readonly config: Readonly<Record<string, unknown>>;
  readonly definition: NodeDefinition | undefined;
}

/**
 * Checks that no other flow listens on the same adapter, on another adapter with the same address, or takes what only
 * one flow may take. Throws LISTENER_CLASH (input), which names the other flow, if one does.
 */
export function checkListener(flow: CompiledFlow, deps: ListenerDeps): void {
  const clash = clashOf(ofFlow(flow), deps);
  if (clash !== undefined) throw clash;
}

/**
 * Makes the check of `checkListener` for a draft, so that its author sees the clash before publishing. The issue points
 * to the adapter of the trigger, or to its configuration. The draft may have any other errors.
 */
export function listenerIssues(raw: unknown, deps: ListenerDeps & { readonly nodes: NodeRegistry }): readonly Issue[] {
  const nodes: readonly unknown[] = isRecord(raw) && Array.isArray(raw['nodes']) ? raw['nodes'] : [];
  const index = nodes.findIndex((node) => isRecord(node) && listens(deps.nodes.get(String(node['type']))));
  if (!isRecord(raw) || index === -1) return [];
  const { id, type, adapter, config } = nodes[index] as FlowNode;
  const mine = { flowId: String(raw['flowId']), domain: String(raw['domain']), adapter, config, definition: deps.nodes.get(type) };
  const clash = clashOf(mine, deps);
  return clash === undefined ? [] : [{ ...toIssue(clash, `/nodes/${index}/${adapter === undefined ? 'config' : 'adapter'}`), node: id }];
}

function ofFlow({ flowId, document, trigger }: CompiledFlow): Listening {
  const { node, config, definition } = trigger;
  return { flowId, domain: document.domain, adapter: node.adapter, config, definition };
}

function clashOf(mine: Listening, { published, bindings }: ListenerDeps): AppError | undefined {
  const [alone, adapter] = [aloneOf(mine), addressedBy(mine, bindings)];
  if (alone === undefined && adapter === undefined) return undefined;
  const other = published.list().find((flow) => {
    if (flow.flowId === mine.flowId) return false;
    const theirs = ofFlow(flow);
    if (alone !== undefined) return mine.domain === theirs.domain && alone === aloneOf(theirs);
    return adapter !== undefined && isSame(adapter, addressedBy(theirs, bindings));
  });
  if (other === undefined) return undefined;
  const values = { flowId: mine.flowId, other: other.flowId };
  const name = `the flow ${other.flowId} ("${other.document.name.en}")`;
  if (alone !== undefined) {
    return new AppError('LISTENER_CLASH', 'input', `${alone} is already taken by ${name}.`, {
      values: { ...values, name: alone, problem: 'alone' },
      fix: 'Use another name, or unpublish the other flow.',
    });
  }
  const { adapterId } = adapter!;
  return new AppError('LISTENER_CLASH', 'input', `The address of ${adapterId} is already used by the listener of ${name}.`, {
    values: { ...values, adapter: adapterId },
    fix: 'Use another adapter, or unpublish the other flow.',
  });
}

/** Returns what only one flow of a domain may take; undefined also for a draft whose configuration is incomplete. */
function aloneOf({ definition, config }: Listening): string | undefined {
  if (definition?.kind !== 'trigger' || !isRecord(config)) return undefined;
  return definition.takesAlone?.(config as never);
}

function addressedBy({ definition, adapter }: Listening, bindings: ListenerDeps['bindings']): Adapter | undefined {
  return listens(definition) && adapter !== undefined ? bindings.adapter(adapter) : undefined;
}

/** A trigger that connects to the other system occupies no address. */
function listens(definition: NodeDefinition | undefined): boolean {
  return definition?.kind === 'trigger' && definition.listen !== undefined && definition.sharesAdapter !== true;
}

function isSame(a: Adapter, b: Adapter | undefined): boolean {
  if (b === undefined) return false;
  if (a.adapterId === b.adapterId) return true;
  const { host, port } = addressOf(a);
  // Port 0 means any free port.
  return typeof port === 'number' && port !== 0 && port === addressOf(b).port && host === addressOf(b).host;
}

/** Returns the address to listen on. An adapter that both sends and listens has separate settings for it. */
function addressOf({ settings }: Adapter): { readonly host?: unknown; readonly port?: unknown } {
  const listen = settings['listen'];
  return typeof listen === 'object' && listen !== null ? listen : settings;
}
