import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_SHAPES } from '../../../designer/src/model/samples/offered-shapes.ts';
import { expectedFields, schemasBehind } from '../../../designer/src/model/samples/expected-fields.ts';
import { drawLines, linesOf, readRows } from '../../../designer/src/model/mapping/mapping-lines.ts';
import { pathsInExpression } from '../../../designer/src/model/mapping/mapping-paths.ts';
import { outputAt, previewMapping, problemsByRow, tablesOf } from '../../../designer/src/model/mapping/preview-mapping.ts';
import { chainOf, functionNamed, sourceOf, stepOfFunction, withBase } from '../../../designer/src/model/mapping/source-chain.ts';
import { allSources, sourceTree } from '../../../designer/src/model/mapping/source-tree.ts';
import { allNodes, findNode, targetTree, unfilledRequired } from '../../../designer/src/model/mapping/target-tree.ts';
import { rowFinder, rowWindow, visibleRows } from '../../../designer/src/model/mapping/tree-rows.ts';
import { valueFunctions } from '../../../engine/functions/value-functions.ts';
import { type Mapping, type MappingRule } from '../../../nodes/shared/mapping/mapping-document.ts';
import { engineBuild } from '../../nodes/support/engine-build.ts';
import { exampleFlow } from './sample-types.ts';
import { SAMPLE, isList, compileIssues } from './sample-mapping.ts';

test('shows rules and expected fields as one tree, in the order of the expected ones', () => {
  const mapping: Mapping = {
    target: [{ to: 'id', required: true }, { to: 'orders', type: 'list' }, { to: 'orders[].no' }],
    rules: [
      { to: 'name.`姓 名`', from: { path: 'data.patient.name' } },
      { to: 'orders', from: { each: { path: 'data.orders' }, rules: [{ to: 'price', from: { path: 'item.price' } }] } },
      { to: 'tags[]', from: { value: 'a' } },
      { to: 'ids[0].value', from: { path: 'data.patient.id' } },
      { to: 'a..b', from: { value: 1 } },
    ],
  };
  const rows = allNodes(targetTree(mapping)).map(({ key, kind, level, to }) => [key, kind, level, to]);
  assert.deepEqual(rows, [
    ['id', 'field', '/rules', 'id'],
    ['orders', 'field', '/rules', 'orders'],
    ['orders[]', 'items', '/rules/1/from/rules', ''],
    ['orders[].no', 'field', '/rules/1/from/rules', 'no'],
    ['orders[].price', 'field', '/rules/1/from/rules', 'price'],
    ['name', 'field', '/rules', 'name'],
    ['name.`姓 名`', 'field', '/rules', 'name.`姓 名`'],
    ['tags', 'field', '/rules', 'tags'],
    ['tags[+]', 'append', '/rules', 'tags[]'],
    ['ids', 'field', '/rules', 'ids'],
    ['ids[0]', 'position', '/rules', 'ids[0]'],
    ['ids[0].value', 'field', '/rules', 'ids[0].value'],
    ['!a..b', 'unreadable', '/rules', 'a..b'],
  ]);
  assert.deepEqual(unfilledRequired(targetTree(mapping)), ['id']);
});

test('several rules of one field are one row, several loops have items of their own', () => {
  const { config } = exampleFlow('reports').nodes.find(({ id }) => id === 'n_map')!;
  const tree = targetTree(config['mapping'] as Mapping);
  assert.deepEqual(
    findNode(tree, 'complete')?.rules.map(({ pointer }) => pointer),
    ['/rules/1', '/rules/2'],
  );
  const loop = (path: string): MappingRule => ({ to: 'all', from: { each: { path }, rules: [{ to: 'x', from: { path: 'item' } }] } });
  assert.deepEqual(
    allNodes(targetTree({ rules: [loop('data.a'), loop('data.b')] })).map(({ key }) => key),
    ['all', 'all[]', 'all[].x', 'all[]#2', 'all[]#2.x'],
  );
});

test('a chain of functions is read from the inside and put together again', () => {
  const from = { table: 'sex', key: { fn: 'substring', args: [{ fn: 'trim', args: [{ path: 'data.x' }] }, { value: 0 }] }, default: '9' };
  const { base, steps } = chainOf(from);
  assert.deepEqual(base, { path: 'data.x' });
  assert.deepEqual(
    steps.map((step) => (step.kind === 'function' ? step.fn : step.table)),
    ['trim', 'substring', 'sex'],
  );
  assert.deepEqual(sourceOf({ base, steps }), from);
  assert.deepEqual(chainOf(withBase(from, { value: 'M' })).base, { value: 'M' });
  for (const { name } of valueFunctions) {
    const made = sourceOf({ base: { path: 'data.x' }, steps: [stepOfFunction(name)] });
    const { issues } = compileIssues({ rules: [{ to: 'x', from: made }] });
    assert.deepEqual(issues, [], name);
    assert.ok(functionNamed(name) !== undefined);
  }
});

test('what a receiver expects is read off a schema or an example', () => {
  const schema = {
    type: 'object',
    required: ['id'],
    properties: {
      id: { type: 'string' },
      lines: { type: 'array', items: { $ref: '#/$defs/line' } },
      n: { type: ['integer', 'null'] },
    },
    $defs: { line: { type: 'object', required: ['code'], properties: { code: { type: 'string' } } } },
  };
  assert.deepEqual(expectedFields(schema), [
    { to: 'id', type: 'text', required: true },
    { to: 'lines', type: 'list' },
    { to: 'lines[].code', type: 'text', required: true },
    { to: 'n', type: 'number' },
  ]);
  assert.deepEqual(expectedFields({ a: { b: 1 }, list: [{ c: true }], 'x y': null }), [
    { to: 'a', type: 'object' },
    { to: 'a.b', type: 'number' },
    { to: 'list', type: 'list' },
    { to: 'list[].c', type: 'boolean' },
    { to: '`x y`' },
  ]);
  const flow = exampleFlow('appointment');
  const checked = flow.nodes.map((node) => (node.id === 'n_book_a' ? { ...node, type: 'check.json-schema@1', config: { schema } } : node));
  assert.deepEqual(schemasBehind({ ...flow, nodes: checked }, NO_SHAPES, 'n_to_a'), [{ label: '甲院预约', schema }]);
});

test('the preview leaves out rules that fail, tells each at its row, and shows what the others make', async () => {
  const mapping: Mapping = {
    rules: [
      { to: 'id', from: { path: 'data.patient.id' } },
      { to: 'gone', from: { path: 'data.nothing' }, required: true },
      { to: 'sex', from: { table: 'sex', key: { path: 'data.patient.id' } } },
      { to: 'bad', from: { fn: 'nope', args: [] } },
      {
        to: 'orders',
        from: {
          each: { path: 'data.orders' },
          rules: [
            { to: 'no', from: { path: 'item.no' } },
            { to: 'n', from: { fn: 'toNumber', args: [{ path: 'item.no' }] } },
          ],
        },
      },
      { to: 'sum', from: { expression: '$sum(data.orders.price)' } },
    ],
  };
  const preview = await previewMapping(mapping, { data: SAMPLE, nodes: {} }, { sex: { entries: { M: '1' } } }, engineBuild());
  assert.deepEqual(preview.output, { id: 'P1', orders: [{ no: 'A' }, { no: 'B' }], sum: 5 });
  const tree = targetTree(mapping);
  const rows = problemsByRow(tree, preview.problems);
  assert.deepEqual([...rows].map(([key, issues]) => [key, issues[0]?.code]).toSorted(), [
    ['bad', 'MAPPING_INVALID'],
    ['gone', 'MAP_SOURCE_MISSING'],
    ['orders[].n', 'MAP_FUNCTION_FAILED'],
    ['sex', 'CODE_UNKNOWN'],
  ]);
  assert.deepEqual(tablesOf(mapping), ['sex']);
  assert.equal(outputAt(preview.output, tree, 'orders[].no'), 'A');
});

test('lines lead from the rows that rules read, also those that the sample lacks, to the rows that they fill', () => {
  const mapping: Mapping = {
    rules: [
      { to: 'a', from: { fn: 'concat', args: [{ path: 'data.patient.id' }, { path: 'data.lost[2].x' }] } },
      { to: 'b', from: { expression: '"data.no" & nodes.n_call.id' }, when: { left: { path: 'headers.h' }, op: 'exists' } },
      { to: 'c', from: { each: { path: 'data.orders' }, rules: [{ to: 'd', from: { path: 'item.no' } }] } },
    ],
  };
  const tree = targetTree(mapping);
  const lines = linesOf(tree, isList);
  assert.deepEqual(
    lines.map(({ source: from, target, kind }) => [from, target, kind]),
    [
      ['data.patient.id', 'a', 'value'],
      ['data.lost[0].x', 'a', 'value'],
      ['nodes.n_call.id', 'b', 'value'],
      ['headers.h', 'b', 'condition'],
      ['data.orders', 'c', 'loop'],
      ['data.orders[0].no', 'c[].d', 'value'],
    ],
  );
  const sources = sourceTree([{ path: 'data', sample: SAMPLE }], readRows(lines));
  assert.deepEqual(
    allSources(sources)
      .filter(({ isAbsent }) => isAbsent)
      .map(({ path }) => path),
    ['data.lost', 'data.lost[0]', 'data.lost[0].x', 'nodes.n_call', 'nodes.n_call.id', 'headers', 'headers.h'],
  );
  assert.deepEqual(pathsInExpression('$sum(data.a.`b c`[0]) + metadata.x + item.n'), ['data.a.`b c`[0]', 'item.n']);
});

test('of thousands of rows only those in the window are shown, and lines that end outside lead to its edge', () => {
  const wide = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`f${index}`, { a: 1, b: { c: 2 } }]));
  const tree = sourceTree([{ path: 'data', sample: wide }], []);
  const shape = {
    key: ({ path }: (typeof tree)[number]) => path,
    children: ({ children }: (typeof tree)[number]) => children,
    text: ({ path }: (typeof tree)[number]) => path,
  };
  const rows = visibleRows(tree, shape, new Set(['data.f1']));
  assert.equal(rows.length, 1 + 400 * 4 - 3);
  assert.deepEqual(rowWindow(rows.length, 30, 3000, 600, 2), { from: 98, to: 122 });
  assert.deepEqual(
    visibleRows(tree, shape, new Set(), 'f7.b').map(({ key }) => key),
    ['data', 'data.f7', 'data.f7.b', 'data.f7.b.c'],
  );
  const find = rowFinder(tree, shape, rows);
  assert.equal(find('data.f1.b.c'), find('data.f1'));
  const line = { source: 'data.f300.a', target: 'x', kind: 'value' as const, isWorked: false };
  const panes = { source: { scrollTop: 0, height: 600 }, target: { scrollTop: 0, height: 600 }, rowHeight: 30 };
  assert.deepEqual(drawLines([line], { source: find, target: () => 1 }, panes), [{ line, fromY: 600, toY: 45, isCut: true }]);
  assert.deepEqual(drawLines([line], { source: find, target: () => 900 }, panes), []);
});
