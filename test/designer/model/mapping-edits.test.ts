import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Check } from 'typebox/value';
import { connect, makeLoop } from '../../../designer/src/model/mapping/connect-mapping.ts';
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
import { expectedFields } from '../../../designer/src/model/samples/expected-fields.ts';
import { linesOf } from '../../../designer/src/model/mapping/mapping-lines.ts';
import { previewMapping } from '../../../designer/src/model/mapping/preview-mapping.ts';
import { connectAll, proposeSameNames } from '../../../designer/src/model/mapping/same-names.ts';
import { chainOf, sourceOf, stepOfFunction } from '../../../designer/src/model/mapping/source-chain.ts';
import { allSources } from '../../../designer/src/model/mapping/source-tree.ts';
import { allNodes, findNode, targetTree } from '../../../designer/src/model/mapping/target-tree.ts';
import { valueFunctions } from '../../../engine/functions/value-functions.ts';
import { MappingSchema, type Mapping } from '../../../nodes/shared/mapping/mapping-document.ts';
import { engineBuild } from '../../nodes/support/engine-build.ts';
import { seededRandom, type Random } from '../../support/simulated-process.ts';
import { exampleFlows } from './sample-types.ts';
import { SAMPLE, SOURCES, isList, EMPTY, source, done, link, withFields, compileIssues } from './sample-mapping.ts';

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
      return setSource(mapping, `${rule.pointer}/from`, sourceOf({ base, steps: [...steps, stepOfFunction(any(valueFunctions)!.name)] }));
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
