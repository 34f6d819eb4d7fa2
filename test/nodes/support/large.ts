/** The contract of a node that gets 10 MB: others run in the meantime, and a cancel ends it. */
import assert from 'node:assert/strict';
import type { NodeDefinition, Outcome } from '../../../engine/contract/node/node.ts';
import { runNode, type RunNodeOptions } from '../../../engine/testing/run-node.ts';

/** The outcome; fails if the event loop was blocked until it arrived. */
export async function whileOthersGoOn(definition: NodeDefinition, options: RunNodeOptions): Promise<Outcome> {
  let turns = 0;
  const ticking = setInterval(() => turns++, 1);
  try {
    const outcome = await runNode(definition, options);
    assert.ok(turns > 5, `the event loop turned ${turns} times`);
    return outcome;
  } finally {
    clearInterval(ticking);
  }
}

/** 10 MB as text of JSON: a hundred thousand records. */
export const LARGE_LIST = Array.from({ length: 100_000 }, (_, id) => ({ id, name: '张三', text: 'x'.repeat(60) }));

export async function endsOnCancel(definition: NodeDefinition, options: RunNodeOptions): Promise<void> {
  const cancel = new AbortController();
  const running = runNode(definition, { ...options, signal: cancel.signal });
  cancel.abort(new Error('cancelled'));
  await assert.rejects(running, /cancelled/);
}
