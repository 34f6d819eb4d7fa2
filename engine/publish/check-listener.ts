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

/**
 * Checks that no other flow listens on the same adapter, or on another adapter with the same address. Throws
 * LISTENER_CLASH (input), which names the other flow, if one does.
 */
export function checkListener({ flowId, trigger }: CompiledFlow, deps: ListenerDeps): void {
  const clash = clashOf(flowId, trigger.node.adapter, trigger.definition, deps);
  if (clash !== undefined) throw clash;
}

/**
 * Makes the check of `checkListener` for a draft, so that its author sees the clash before publishing. The issue points
 * to the adapter of the trigger. The draft may have any other errors.
 */
export function listenerIssues(raw: unknown, deps: ListenerDeps & { readonly nodes: NodeRegistry }): readonly Issue[] {
  const nodes: readonly unknown[] = isRecord(raw) && Array.isArray(raw['nodes']) ? raw['nodes'] : [];
  const index = nodes.findIndex((node) => isRecord(node) && listens(deps.nodes.get(String(node['type']))));
  if (!isRecord(raw) || index === -1) return [];
  const { id, type, adapter } = nodes[index] as FlowNode;
  const clash = clashOf(String(raw['flowId']), adapter, deps.nodes.get(type)!, deps);
  return clash === undefined ? [] : [{ ...toIssue(clash, `/nodes/${index}/adapter`), node: id }];
}

function clashOf(
  flowId: string,
  adapter: string | undefined,
  definition: NodeDefinition,
  { published, bindings }: ListenerDeps,
): AppError | undefined {
  const mine = listenerOf(adapter, definition, bindings);
  if (mine === undefined) return undefined;
  const other = published
    .list()
    .find(({ flowId: id, trigger }) => id !== flowId && isSame(mine, listenerOf(trigger.node.adapter, trigger.definition, bindings)));
  if (other === undefined) return undefined;
  return new AppError(
    'LISTENER_CLASH',
    'input',
    `The address of ${mine.adapterId} is already used by the listener of the flow ${other.flowId} ("${other.document.name.en}").`,
    {
      values: { flowId, other: other.flowId, adapter: mine.adapterId },
      fix: 'Use another adapter, or unpublish the other flow.',
    },
  );
}

function listenerOf(adapter: string | undefined, definition: NodeDefinition, bindings: ListenerDeps['bindings']): Adapter | undefined {
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
