/** The work of one node in an execution: its input, and the record of it. */
import type { ErrorRecord } from '../contract/values/errors.ts';
import { withData, type Message } from '../contract/values/message.ts';
import type { SandboxWait } from '../contract/node/sandbox-wait.ts';
import type { BodyRun, Ready } from '../plan/progress.ts';
import type { CompiledFlow, CompiledNode } from '../compile/compile-flow.ts';
import type { StepRecord } from '../execution/execution-document.ts';

/** A step is created once per node, and retries reuse it. */
export interface Step {
  readonly place: Place;
  readonly node: CompiledNode;
  readonly message: Message;
  /** The start of the step, in epoch milliseconds. */
  readonly startedAt: number;
  readonly startedMonotonic: number;
  /** The number of the current attempt, from 1. */
  attempt: number;
  /** When the first attempt started, in epoch milliseconds. */
  triedSince: number;
  /**
   * Set in a branch that a join may stop waiting for. Aborting it ends a pause, or an attempt that changes nothing in
   * other systems.
   */
  readonly stop?: AbortController;
  /** The waits for the sandbox, summed over all attempts of this run. */
  sandboxWait?: SandboxWait;
}

/** A node of the graph, and the run of its body (the flow or an iteration). */
export type Place = Pick<Ready<Message>, 'node' | 'run'>;

/**
 * Returns the input of a node. A join gets an object that contains the output of each branch, under the id of the node
 * it comes from.
 */
export function inputOf({ node, inputs }: Ready<Message>): Message {
  const first = inputs[0]!.message;
  if (node.role !== 'join') return first;
  return withData(first, Object.fromEntries(inputs.map(({ from, message }) => [from.id, message.data])), 'application/json');
}

const NO_NODES: Readonly<Record<string, unknown>> = {};

/** Returns the output data of those nodes that expressions name, from this body and the bodies around it. */
export function namedPayloads({ namedNodes, graph }: CompiledFlow, run: BodyRun<Message>): Readonly<Record<string, unknown>> {
  if (namedNodes.size === 0) return NO_NODES;
  const found: Record<string, unknown> = {};
  for (let body: BodyRun<Message> | undefined = run; body; body = body.parent) {
    for (const id of namedNodes) {
      const index = graph.byId.get(id)?.index;
      const emits = index === undefined || id in found ? undefined : body.outputs[index];
      const message = emits && Object.values(emits)[0];
      if (message) found[id] = message.data;
    }
  }
  return found;
}

/** Returns the record of a step. `now` is monotonic milliseconds. */
export function recordOf(step: Step, status: StepRecord['status'], ports: readonly string[], now: number, error?: ErrorRecord): StepRecord {
  const { node, place, startedAt, startedMonotonic, attempt } = step;
  const durationMs = Math.max(0, Math.round((now - startedMonotonic) * 1000) / 1000);
  const sandboxWaitMs = step.sandboxWait?.reportedMs(now);
  const plain = { node: node.id, scope: place.run.path, status, ports, startedAt, durationMs, attempt };
  const record = sandboxWaitMs === undefined ? plain : { ...plain, sandboxWaitMs };
  return error === undefined ? record : { ...record, error };
}

export function recordOfSkipped({ node, run }: Place, startedAt: number): StepRecord {
  return { node: node.id, scope: run.path, status: 'skipped', ports: [], startedAt, durationMs: 0, attempt: 0 };
}
