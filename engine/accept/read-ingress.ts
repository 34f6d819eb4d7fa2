/** Evaluates a flow's ingress expressions for a message: its dedupe key, its lane and its business keys. */
import { AppError } from '../contract/values/errors.ts';
import type { Message } from '../contract/values/message.ts';
import type { Scope } from '../contract/node/node.ts';
import type { Logger, Metrics } from '../contract/values/observe.ts';
import type { Seal } from '../contract/values/seal.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';

export interface IngressFacts {
  readonly dedupe: string | undefined;
  /** The lane of the message; undefined if the flow has no lanes. */
  readonly laneKey: string | undefined;
  /** Business keys by name, without those that the message does not have. */
  readonly keys: Readonly<Record<string, string>>;
}

/**
 * Evaluates the expressions. `dedupeKey` replaces the flow's own expression. Rejects with an AppError (transient)
 * while the sandbox is busy.
 */
export function readIngress(
  { flowId, ingress, document }: CompiledFlow,
  { message, dedupeKey }: { readonly message: Message; readonly dedupeKey?: string },
  now: number,
  { seal, log, metrics }: { readonly seal: Seal; readonly log: Logger; readonly metrics: Metrics },
): IngressFacts | Promise<IngressFacts> {
  const scope: Scope = { message, nodes: {}, now };
  const values = [
    dedupeKey ?? (ingress.dedupe && evaluate(ingress.dedupe.key, scope, unlessTransient)),
    ingress.lane && evaluate(ingress.lane, scope, unlessTransient),
    ...ingress.keys.map(([, expression]) => evaluate(expression, scope, () => undefined)),
  ];
  if (values.some((value) => value instanceof Promise)) return Promise.all(values).then(build);
  return build(values);

  function build([dedupe, lane, ...keyValues]: unknown[]): IngressFacts {
    const keys: Record<string, string> = {};
    ingress.keys.forEach(([name], index) => {
      const text = keyText(keyValues[index]);
      if (text !== undefined) keys[name] = text;
    });
    const hasLane = document.mode === 'durable' && ingress.lane !== undefined;
    return { dedupe: keyText(dedupe), laneKey: hasLane ? laneOf(keyText(lane)) : undefined, keys };
  }

  /**
   * Returns the lane. If the lane expression is empty or fails, uses one lane for the whole trigger, which is slower
   * but keeps the order.
   */
  function laneOf(value: string | undefined): string {
    if (value !== undefined && value !== '') return `${flowId}|${seal.token('lane', value)}`;
    log.warn('flow.lane_empty', { flowId });
    metrics.count('lane_empty_total', { flow: flowId });
    return `${flowId}|*`;
  }
}

/** Evaluates the expression, synchronously if possible. `onError` returns the value to use on a failure. */
function evaluate(expression: (scope: Scope) => unknown, scope: Scope, onError: (error: unknown) => undefined): unknown {
  try {
    const value = expression(scope);
    return value instanceof Promise ? value.catch(onError) : value;
  } catch (error) {
    return onError(error);
  }
}

/**
 * Refuses the message if the sandbox is busy, so that the sender retries: without the expression, the message would
 * lose its dedupe key or its lane.
 */
function unlessTransient(error: unknown): undefined {
  if (error instanceof AppError && error.kind === 'transient') throw error;
  return undefined;
}

function keyText(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}
