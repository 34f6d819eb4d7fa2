/** Runs one trial of the open flow, and converts its result for the canvas. */
import type { TrialAnswer } from '../api/operations.ts';
import type { FlowDocument, FlowTest } from '../../../engine/contract/flow/flow-document.ts';
import { call } from '../api/client.ts';
import type { NodeRun, Overlay, Sample } from '../editor/state/editor-store.ts';
import type { NodeTypes } from '../model/flow/node-types.ts';
import { runOfStep, wiresTaken } from '../editor/state/step-overlay.ts';
import type { TrialOrder } from '../editor/state/trial-state.ts';

export function runTrial({ document, input, mocks, reachesAdapters, scope }: TrialOrder, signal: AbortSignal): Promise<TrialAnswer> {
  const part = scope.kind === 'whole' ? {} : { [scope.kind]: scope.nodeId };
  return call('flows.trial', { document, input, mocks, reach: reachesAdapters ? 'adapters' : 'none', ...part }, { signal });
}

/**
 * Returns what the canvas shows about the trial. If a node ran several times (in a loop), this is a failed run if there
 * is one, otherwise the last run.
 */
export function overlayOf({ steps }: TrialAnswer, { edges }: FlowDocument, trigger: string | undefined): Overlay {
  // No step is recorded for the trigger, but it has emitted the message, so show it as completed.
  const nodes: Record<string, NodeRun> = trigger === undefined ? {} : { [trigger]: { status: 'completed' } };
  for (const step of steps) {
    if (nodes[step.node]?.status !== 'failed') nodes[step.node] = runOfStep(step, step.status === 'stopped' ? 'cancelled' : step.status);
  }
  const begun = edges.filter(({ from }) => from.node === trigger).map(({ id }) => id);
  return { nodes, edges: new Set([...begun, ...wiresTaken(steps, edges)]) };
}

/**
 * Returns samples of the nodes for forms and mappings. `handedIn` contains the output of the trigger, because no step
 * is recorded for it.
 */
export function samplesOf({ steps }: TrialAnswer, handedIn: Readonly<Record<string, Sample>>): Readonly<Record<string, Sample>> {
  const ran = Object.fromEntries(
    steps.map(({ node, input, output = {} }) => [
      node,
      {
        ...(input?.form === 'json' ? { input: input.data } : {}),
        output: dataByPort(output),
      },
    ]),
  );
  return { ...handedIn, ...ran };
}

/** Returns the sample of the trigger: it emits the input of the trial. */
export function handedIn({ nodes }: FlowDocument, types: NodeTypes, data: unknown): Readonly<Record<string, Sample>> {
  const trigger = nodes.find((node) => types.isTrigger(node));
  return trigger === undefined ? {} : { [trigger.id]: { output: { [types.mainOutPort(trigger) ?? 'out']: data } } };
}

/** Turns the run into a test. External calls become mocks, and the reply becomes the expectation. */
export function testOfTrial(answer: TrialAnswer, order: TrialOrder, isOutside: (nodeId: string) => boolean, name: string): FlowTest {
  const mocked = answer.steps.filter(({ node, output }) => output !== undefined && isOutside(node) && order.mocks[node] === undefined);
  const emitted = mocked.map(({ node, output = {} }) => [node, { emit: dataByPort(output) }]);
  const { reply, error } = answer;
  const expect: FlowTest['expect'] =
    reply !== undefined
      ? [
          { path: '/status', equals: reply.status },
          { path: '/data', equals: reply.message.data },
        ]
      : error === undefined
        ? []
        : [{ path: '/error/code', equals: error.code }];
  return { name, input: order.input, mocks: { ...order.mocks, ...(Object.fromEntries(emitted) as FlowTest['mocks']) }, expect };
}

function dataByPort(output: NonNullable<TrialAnswer['steps'][number]['output']>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(output).map(([port, { data }]) => [port, data]));
}
