/** Runs state nodes on a real store in memory. */
import assert from 'node:assert/strict';
import type { FlowState } from '../../../engine/contract/node/flow-state.ts';
import type { NodeDefinition } from '../../../engine/contract/node/node.ts';
import { runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';
import { startStateLab } from '../../engine/state/state-lab.ts';

export async function openState(): Promise<FlowState> {
  return (await (await startStateLab()).open()).of('d');
}

export async function emittedData(definition: NodeDefinition, options: RunNodeOptions): Promise<Record<string, unknown>> {
  const outcome = await runNode(definition, options);
  assert.ok('emit' in outcome);
  return outcome.emit?.['ok']?.[0]?.data as Record<string, unknown>;
}

/** Fails unless the node waits for a slow store and then goes on. */
export async function waitsForStore(definition: NodeDefinition, options: RunNodeOptions): Promise<void> {
  const state = await openState();
  const { promise, resolve } = Promise.withResolvers<void>();
  const slow = new Proxy(state, {
    get:
      (target, name: keyof FlowState) =>
      async (...args: never[]) => {
        await promise;
        return (target[name] as (...given: never[]) => unknown).call(target, ...args);
      },
  });
  let isDone = false;
  const running = runNode(definition, { ...options, state: slow }).then((outcome) => {
    isDone = true;
    return outcome;
  });
  await new Promise((next) => setImmediate(next));
  assert.ok(!isDone);
  resolve();
  assert.ok('emit' in (await running));
}

/** Fails unless a step that was cancelled before changes nothing. */
export async function endsBeforeChange(definition: NodeDefinition, options: RunNodeOptions): Promise<void> {
  const state = await openState();
  await assert.rejects(runNode(definition, { ...options, state, signal: AbortSignal.abort(new Error('cancelled')) }), /cancelled/);
  assert.equal(await state.get('default', 'k'), undefined);
}
