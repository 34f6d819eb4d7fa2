import type { Adapter } from '../contract/adapter.ts';
import { AppError } from '../contract/errors.ts';
import type { CompiledFlow } from '../run/compile-flow.ts';
import type { Bindings } from '../services.ts';

/** Two flows cannot listen on one adapter, nor on two that name one address. LISTENER_CLASH (input) names the other flow. */
export function checkListener(flow: CompiledFlow, others: readonly CompiledFlow[], bindings: Pick<Bindings, 'adapter'>): void {
  const mine = listenerOf(flow, bindings);
  if (mine === undefined) return;
  const other = others.find((candidate) => candidate.flowId !== flow.flowId && isSame(mine, listenerOf(candidate, bindings)));
  if (other === undefined) return;
  throw new AppError(
    'LISTENER_CLASH',
    'input',
    `The flow ${other.flowId} ("${other.document.name.en}") listens on ${mine.adapterId} already.`,
    {
      values: { flowId: flow.flowId, other: other.flowId, adapter: mine.adapterId },
      fix: 'Use another adapter, or unpublish the other flow.',
    },
  );
}

function listenerOf({ trigger }: CompiledFlow, bindings: Pick<Bindings, 'adapter'>): Adapter | undefined {
  const isListening = trigger.definition.kind === 'trigger' && trigger.definition.listen !== undefined;
  return isListening && trigger.node.adapter !== undefined ? bindings.adapter(trigger.node.adapter) : undefined;
}

function isSame(a: Adapter, b: Adapter | undefined): boolean {
  if (b === undefined) return false;
  if (a.adapterId === b.adapterId) return true;
  const { host, port } = addressOf(a);
  // Port 0 is any free one.
  return typeof port === 'number' && port !== 0 && port === addressOf(b).port && host === addressOf(b).host;
}

/** An adapter that both sends and listens names where it listens apart. */
function addressOf({ settings }: Adapter): { readonly host?: unknown; readonly port?: unknown } {
  const listen = settings['listen'];
  return typeof listen === 'object' && listen !== null ? listen : settings;
}
