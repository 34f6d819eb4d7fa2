import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBuildContext } from '../../../engine/expression/create-build-context.ts';
import { findNodeReads } from '../../../engine/expression/find-node-reads.ts';

const reads = (config: unknown) => [...findNodeReads(config)].sort();

test('finds the nodes that paths, expressions and scripts read', () => {
  assert.deepEqual(reads({ mapping: { rules: [{ to: 'a', from: { path: 'nodes.n_a.body' } }] }, e: '$sum(nodes.`n_b-1`.x)' }), [
    'n_a',
    'n_b-1',
  ]);
  assert.deepEqual(reads({ source: 'return nodes["n_c"].x + nodes.n_d' }), ['n_c', 'n_d']);
  assert.deepEqual(reads({ source: 'for (const id in nodes) {}' }), ['*']);
  assert.deepEqual(reads({ path: 'data.nodesTotal' }), []);
});

test('an expression that takes the whole scope is told when it is compiled', () => {
  const told: string[] = [];
  const build = createBuildContext({
    pool: { runExpression: () => Promise.reject(new Error('no')) },
    onNames: (names) => told.push(...names),
  });
  build.compileExpression('$string($$)');
  build.compileCondition({ left: { expression: 'nodes.n_a' }, op: 'exists' });
  assert.deepEqual(told, ['*', 'n_a']);
});
