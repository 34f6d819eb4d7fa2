import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMessage } from '../../../../engine/contract/values/message.ts';
import type { Scope } from '../../../../engine/contract/node/node.ts';
import { compileScopePath, nodeIdsOfPath, parseFieldPath, scopeRoot } from '../../../../engine/contract/flow/scope-path.ts';

const scope: Scope = {
  message: createMessage(
    { a: { b: [{ c: 1 }, { c: 2 }] }, '姓 名': '张', __proto__: null },
    { headers: { 'x-a': '1' }, keys: { pid: '7' } },
  ),
  nodes: { n_1: { body: { code: 0 } } },
  now: 5,
  loop: { item: { x: 1 }, index: 2, outer: { item: 'o', index: 0 } },
};
const read = (path: string) => compileScopePath(path)(scope);

test('reads fields, items from both ends, headers, keys, nodes, now and loops', () => {
  assert.deepEqual(['data.a.b[0].c', 'data.a.b[-1].c', 'data.`姓 名`', 'headers.x-a', 'keys.pid', 'nodes.n_1.body.code', 'now'].map(read), [
    1,
    2,
    '张',
    '1',
    '7',
    0,
    5,
  ]);
  assert.deepEqual(['item.x', 'index', 'outer.item', 'outer.index'].map(read), [1, 2, 'o', 0]);
});

test('what is not there is undefined', () => {
  assert.deepEqual(
    ['data.x.y.z', 'data.a[0]', 'data.a.b[9].c', 'data.a.toString', 'data.a.b.c', 'nodes.n_2.x'].map(read),
    Array(6).fill(undefined),
  );
});

test('refuses prototypes, unknown roots and bad text', () => {
  for (const path of [
    '',
    'data.__proto__',
    'data.`constructor`',
    'date.x',
    '.data',
    'data..x',
    'data.a[x]',
    'data x',
    'outer',
    'outer.data',
    'data[',
    `data${'.a'.repeat(65)}`,
  ]) {
    assert.throws(() => compileScopePath(path), { code: 'PATH_INVALID' }, path);
  }
});

test('tells the nodes a path reads, and keeps bytes away from expressions', () => {
  assert.deepEqual(nodeIdsOfPath('nodes.n_1.body'), ['n_1']);
  assert.deepEqual(nodeIdsOfPath('data.x'), []);
  assert.deepEqual(parseFieldPath('a.b[0]'), ['a', 'b', 0]);
  assert.equal(scopeRoot({ ...scope, message: createMessage(new Uint8Array(1)) })['data'], undefined);
});
