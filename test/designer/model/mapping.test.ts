import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Check } from 'typebox/value';
import { connect, makeLoop, type ConnectHow } from '../../../designer/src/model/mapping/connect-mapping.ts';
import {
  addField,
  addFields,
  disconnect,
  removeField,
  removeRule,
  renameField,
  setExpected,
  setRule,
  setSource,
  swapRules,
  type Edited,
} from '../../../designer/src/model/mapping/edit-mapping.ts';
import { expectedFields, schemasBehind } from '../../../designer/src/model/mapping/expected-fields.ts';
import { drawLines, linesOf, readRows } from '../../../designer/src/model/mapping/mapping-lines.ts';
import { pathsInExpression } from '../../../designer/src/model/mapping/mapping-paths.ts';
import { outputAt, previewMapping, problemsByRow, tablesOf } from '../../../designer/src/model/mapping/preview-mapping.ts';
import { connectAll, proposeSameNames } from '../../../designer/src/model/mapping/same-names.ts';
import { chainOf, functionNamed, sourceOf, stepOfFunction, withBase } from '../../../designer/src/model/mapping/source-chain.ts';
import { allSources, hasPlainItems, isListSource, listsOf, sourceTree } from '../../../designer/src/model/mapping/source-tree.ts';
import { allNodes, findNode, targetTree, unfilledRequired } from '../../../designer/src/model/mapping/target-tree.ts';
import { rowFinder, rowWindow, visibleRows } from '../../../designer/src/model/mapping/tree-rows.ts';
import { type AppError } from '../../../engine/contract/errors.ts';
import { compileMapping } from '../../../nodes/shared/mapping/compile-mapping.ts';
import { mappingFunctions } from '../../../nodes/shared/mapping/mapping-functions.ts';
import { MappingSchema, type Mapping, type MappingRule } from '../../../nodes/shared/mapping/mapping-document.ts';
import { engineBuild } from '../../nodes/support/engine-build.ts';
import { seededRandom, type Random } from '../../support/simulated-process.ts';
import { exampleFlow, exampleFlows } from './sample-types.ts';

const SAMPLE = {
  patient: { id: 'P1', name: ' 虚构甲 ', sex: 'M', birth: '19900102' },
  phones: ['1', '2'],
  orders: [
    { no: 'A', price: 2, lines: [{ code: 'x', tags: ['u'] }] },
    { no: 'B', price: 3, lines: [] },
  ],
};
const SOURCES = sourceTree(
  [
    { path: 'data', sample: SAMPLE },
    { path: 'nodes.n_call', sample: { id: 'C' }, note: '接口调用' },
  ],
  [],
);
const isList = listsOf(SOURCES);
const EMPTY: Mapping = { rules: [] };

function source(path: string) {
  const node = allSources(SOURCES).find((one) => one.path === path);
  assert.ok(node !== undefined, path);
  return { path, isList: isListSource(node), hasPlainItems: hasPlainItems(node) };
}

function done(edited: Edited): Mapping {
  assert.ok('mapping' in edited, 'refusal' in edited ? edited.refusal : '');
  const isValid: boolean = Check(MappingSchema, edited.mapping);
  assert.ok(isValid, JSON.stringify(edited.mapping));
  return edited.mapping;
}

function link(mapping: Mapping, path: string, target: string, how: ConnectHow = 'replace'): Mapping {
  return done(connect(mapping, { source: source(path), target, how }, isList));
}

function withFields(...fields: readonly string[]): Mapping {
  return done(
    addFields(
      EMPTY,
      fields.map((to) => ({ to })),
    ),
  );
}

async function output(mapping: Mapping): Promise<unknown> {
  const { output: made, problems } = await previewMapping(
    mapping,
    { data: SAMPLE, nodes: {} },
    { sex: { entries: { M: '1' } } },
    engineBuild(),
  );
  assert.deepEqual(problems, []);
  return made;
}

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

test('a list led to a list is a loop, and fields of its items are read as items', async () => {
  let mapping = withFields('visits[].number', 'visits[].patient', 'visits[].codes[].code', 'phones');
  mapping = link(mapping, 'data.orders', 'visits');
  mapping = link(mapping, 'data.orders[0].no', 'visits[].number');
  mapping = link(mapping, 'data.patient.id', 'visits[].patient');
  // No loop over the lines yet: leading a field of a line there makes it.
  mapping = link(mapping, 'data.orders[0].lines[0].code', 'visits[].codes[].code');
  mapping = done(setExpected(mapping, 'phones', { type: 'list' }));
  mapping = link(mapping, 'data.phones', 'phones');
  assert.deepEqual(mapping.rules, [
    {
      to: 'visits',
      from: {
        each: { path: 'data.orders' },
        rules: [
          { to: 'number', from: { path: 'item.no' } },
          { to: 'patient', from: { path: 'data.patient.id' } },
          { to: 'codes', from: { each: { path: 'item.lines' }, rules: [{ to: 'code', from: { path: 'item.code' } }] } },
        ],
      },
    },
    { to: 'phones', from: { each: { path: 'data.phones' }, item: { path: 'item' } } },
  ]);
  assert.deepEqual(await output(mapping), {
    visits: [
      { number: 'A', patient: 'P1', codes: [{ code: 'x' }] },
      { number: 'B', patient: 'P1', codes: [] },
    ],
    phones: ['1', '2'],
  });
});

test('a loop inside a loop reads the outer item, and says when something is too far away', () => {
  let mapping = withFields('a[].b[].no', 'a[].b[].c[].no');
  mapping = link(mapping, 'data.orders[0].lines[0].code', 'a[].b[].no');
  mapping = link(mapping, 'data.orders[0].no', 'a[].b[].no', 'concat');
  const inner = findNode(targetTree(mapping), 'a[].b[].no')?.rules[0]?.rule.from;
  assert.deepEqual(inner, { fn: 'concat', args: [{ path: 'item.code' }, { path: 'outer.item.no' }] });
  mapping = link(mapping, 'data.orders[0].lines[0].tags', 'a[].b[].c[]');
  assert.deepEqual(connect(mapping, { source: source('data.orders[0].no'), target: 'a[].b[].c[].no' }, isList), {
    refusal: 'LOOP_TOO_FAR',
  });
  assert.deepEqual(connect(withFields('x[].y'), { source: source('data.patient.id'), target: 'x[].y' }, isList), { refusal: 'NEEDS_LIST' });
});

test('another value for a filled field keeps its functions, or both are joined, or a rule is added', () => {
  const filled: Mapping = { rules: [{ to: 'n', from: { fn: 'trim', args: [{ path: 'data.x' }] }, required: true }] };
  assert.deepEqual(link(filled, 'data.patient.name', 'n').rules, [
    { to: 'n', from: { fn: 'trim', args: [{ path: 'data.patient.name' }] }, required: true },
  ]);
  assert.deepEqual(link(filled, 'data.patient.name', 'n', 'coalesce').rules[0]?.from, {
    fn: 'coalesce',
    args: [{ fn: 'trim', args: [{ path: 'data.x' }] }, { path: 'data.patient.name' }],
  });
  assert.equal(link(filled, 'data.patient.name', 'n', 'another').rules.length, 2);
});

test('a field keeps its place in the target when its rule goes, and goes with its parts when it is removed', () => {
  const mapping: Mapping = {
    rules: [
      { to: 'a', from: { value: 1 } },
      { to: 'b.c', from: { value: 2 } },
      { to: 'b.d', from: { value: 3 } },
      { to: 'e', from: { value: 4 } },
    ],
  };
  const without = done(removeRule(mapping, '/rules/0'));
  assert.deepEqual(
    allNodes(targetTree(without)).map(({ key }) => key),
    ['a', 'b', 'b.c', 'b.d', 'e'],
  );
  assert.equal(done(disconnect(mapping, 'b')).rules.length, 2);
  const removed = done(removeField(without, 'b'));
  assert.deepEqual(
    allNodes(targetTree(removed)).map(({ key }) => key),
    ['a', 'e'],
  );
  assert.deepEqual(removed.rules, [{ to: 'e', from: { value: 4 } }]);
});

test('a renamed field takes its parts along, in rules, loops and expected fields', () => {
  const mapping: Mapping = {
    target: [{ to: 'p.ids[].no', required: true }, { to: 'pq' }],
    rules: [
      { to: 'p.name', from: { value: 1 } },
      { to: 'pq', from: { value: 2 } },
      { to: 'p.list[]', from: { value: 3 } },
    ],
  };
  const renamed = done(renameField(mapping, 'p', '病人-1'));
  assert.deepEqual(
    renamed.rules.map(({ to }) => to),
    ['`病人-1`.name', 'pq', '`病人-1`.list[]'],
  );
  assert.deepEqual(
    renamed.target?.map(({ to }) => to),
    ['`病人-1`.ids[].no', 'pq'],
  );
  assert.deepEqual(renameField(mapping, 'p', 'pq'), { refusal: 'NAME_TAKEN' });
  assert.deepEqual(renameField(mapping, 'p', '`'), { refusal: 'NAME_WRONG' });
  assert.deepEqual(done(renameField(mapping, 'p.ids[].no', 'number')).target?.[0], { to: 'p.ids[].number', required: true });
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
  for (const { name } of mappingFunctions) {
    const made = sourceOf({ base: { path: 'data.x' }, steps: [stepOfFunction(name)] });
    const { issues } = compileIssues({ rules: [{ to: 'x', from: made }] });
    assert.deepEqual(issues, [], name);
    assert.ok(functionNamed(name) !== undefined);
  }
});

function compileIssues(mapping: Mapping): { readonly issues: readonly unknown[] } {
  try {
    compileMapping(mapping, engineBuild());
    return { issues: [] };
  } catch (error) {
    return { issues: (error as AppError).issues };
  }
}

test('fields of the same name are proposed, lists as loops, and connected as proposed', () => {
  const mapping = withFields('Patient_ID', 'patient.NAME', 'orders[].NO', 'orders[].lines[].code', 'unknown', 'id');
  const proposals = proposeSameNames(mapping, SOURCES, isList);
  assert.deepEqual(
    proposals.map(({ source: { path }, target, isLoop }) => [path, target, isLoop]),
    [
      ['data.patient.name', 'patient.NAME', false],
      ['data.orders', 'orders', true],
      ['data.orders[0].no', 'orders[].NO', false],
      ['data.orders[0].lines', 'orders[].lines', true],
      ['data.orders[0].lines[0].code', 'orders[].lines[].code', false],
      ['data.patient.id', 'id', false],
    ],
  );
  const connected = done(connectAll(mapping, proposals, isList));
  assert.equal(linesOf(targetTree(connected), isList).length, 6);
  assert.deepEqual(proposeSameNames(connected, SOURCES, isList), []);
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
  assert.deepEqual(schemasBehind({ ...flow, nodes: checked }, 'n_to_a'), [{ label: '甲院预约', schema }]);
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

test('any sequence of edits keeps a mapping valid by the engine’s own schema and compiler, and it stays itself as JSON', () => {
  const starts = [
    EMPTY,
    ...exampleFlows.flatMap(({ nodes }) => nodes.flatMap(({ config }) => ('mapping' in config ? [config['mapping'] as Mapping] : []))),
  ];
  assert.ok(starts.length > 5);
  for (let seed = 1; seed <= 60; seed += 1) {
    const random = seededRandom(seed);
    let mapping = starts[seed % starts.length]!;
    for (let count = 0; count < 30; count += 1) {
      const edited = randomEdit(mapping, random);
      if ('refusal' in edited) continue;
      mapping = edited.mapping;
      const isValid: boolean = Check(MappingSchema, mapping);
      assert.ok(isValid, `seed ${seed}: ${JSON.stringify(mapping)}`);
      assert.deepEqual(JSON.parse(JSON.stringify(mapping)), mapping, `seed ${seed}`);
      const { issues } = compileIssues(mapping);
      assert.deepEqual(issues, [], `seed ${seed}: ${JSON.stringify(mapping)}`);
    }
  }
});

function randomEdit(mapping: Mapping, random: Random): Edited {
  const nodes = allNodes(targetTree(mapping));
  const any = <T>(list: readonly T[]): T | undefined => list[random.below(list.length)];
  const node = any(nodes);
  const from = any(allSources(SOURCES))!;
  const rule = any(nodes.flatMap(({ rules }) => rules));
  const name = any(['a', 'b', '姓 名', 'x-y', 'items', '', '`', '__proto__'])!;
  const key = node?.key ?? '';
  switch (random.below(12)) {
    case 0:
    case 1:
    case 2:
      return connect(
        mapping,
        { source: source(from.path), target: key, how: any(['replace', 'concat', 'coalesce', 'another'] as const)! },
        isList,
      );
    case 3:
      return addField(mapping, random.chance(0.4) ? '' : key, {
        name,
        ...(random.chance(0.3) ? { type: 'list' as const } : {}),
        required: random.chance(0.5),
      });
    case 4:
      return renameField(mapping, key, name);
    case 5:
      return random.chance(0.5) ? disconnect(mapping, key) : removeField(mapping, key);
    case 6:
      return rule === undefined ? { mapping } : removeRule(mapping, rule.pointer);
    case 7:
      return addFields(mapping, expectedFields(random.chance(0.5) ? SAMPLE : { rows: [{ a: [{ b: 1 }] }], a: { items: 2 } }));
    case 8:
      return setExpected(mapping, key, { type: any(['list', 'text', 'object'] as const)!, required: random.chance(0.5) });
    case 9: {
      if (rule === undefined) return { mapping };
      if (random.chance(0.3)) return makeLoop(mapping, rule.pointer, random.chance(0.5));
      const { base, steps } = chainOf(rule.rule.from);
      if (steps.length > 3) return setSource(mapping, `${rule.pointer}/from`, base);
      return setSource(mapping, `${rule.pointer}/from`, sourceOf({ base, steps: [...steps, stepOfFunction(any(mappingFunctions)!.name)] }));
    }
    case 10:
      return connectAll(mapping, proposeSameNames(mapping, SOURCES, isList), isList);
    default: {
      if (rule === undefined) return { mapping };
      const more = nodes.find(({ rules }) => rules.length > 1)?.rules ?? [];
      if (random.chance(0.5) && more[0] !== undefined && more[1] !== undefined) return swapRules(mapping, more[0].pointer, more[1].pointer);
      return setRule(mapping, rule.pointer, { ...rule.rule, required: random.chance(0.5), default: random.chance(0.5) ? '-' : undefined });
    }
  }
}
