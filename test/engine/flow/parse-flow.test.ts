import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Type } from 'typebox';
import { defineNode, inPort, outPort, type NodeDefinition } from '../../../engine/contract/node/node.ts';
import { canonicalJson, contentHash } from '../../../engine/flow/content-hash.ts';
import { diffFlows } from '../../../engine/flow/diff-flows.ts';
import { migrateFlow, upgradeNodes } from '../../../engine/flow/migrate-flow.ts';
import { flowJsonSchema, parseFlow } from '../../../engine/flow/parse-flow.ts';
import { sampleFlow, sampleRegistry } from './sample-flow.ts';

const flow = sampleFlow({ in: 'interface.call', back: 'control.reply' }, ['in > back']);

test('reads a sound document and fills in defaults', () => {
  const { flow: read, issues } = parseFlow({ ...flow, recording: { level: 'keys' } });
  assert.deepEqual(issues, []);
  assert.equal(read?.recording?.retainDays, 30);
});

test('tells every breach of the schema at once', () => {
  const { flow: read, issues } = parseFlow({
    ...flow,
    flowId: 'x',
    revision: -1,
    mode: 'later',
    domain: undefined,
    extra: 1,
    name: { en: 5 },
    deadlineMs: 'soon',
    nodes: [{ id: 'a' }],
    edges: [{}],
  });
  assert.equal(read, undefined);
  const paths = issues.map((issue) => issue.path);
  for (const path of [
    '/flowId',
    '/revision',
    '/mode',
    '/domain',
    '/extra',
    '/name/zh-CN',
    '/name/en',
    '/deadlineMs',
    '/nodes/0/id',
    '/nodes/0/type',
    '/edges/0/from',
  ]) {
    assert.ok(paths.includes(path), `${path} in ${paths.join()}`);
  }
  assert.equal(issues.find((issue) => issue.path === '/mode')?.message, '"mode" must be one of "sync", "durable".');
});

test('reads groups and notes, refuses wrong ones, and leaves out what older documents had there', () => {
  const note = { id: 'note_1', text: '夜间停用', x: 10, y: -20.5, width: 200, height: 80, colour: 'amber' };
  const group = { id: 'group_1', label: '甲院', nodes: ['n_in'], colour: 'teal' };
  const layout = { nodes: {}, groups: [group, 'old', { title: 'x' }], notes: [null, note, { id: 7 }] };
  assert.deepEqual(parseFlow({ ...flow, layout }).flow?.layout, { nodes: {}, groups: [group], notes: [note] });
  const wrong = { nodes: {}, groups: [{ ...group, nodes: ['x'] }], notes: [{ ...note, colour: 'pink', width: 0 }] };
  assert.deepEqual(
    parseFlow({ ...flow, layout: wrong }).issues.map((issue) => issue.path),
    ['/layout/groups/0/nodes/0', '/layout/notes/0/width', '/layout/notes/0/colour'],
  );
  assert.deepEqual(
    parseFlow({ ...flow, layout: { nodes: {} } }).issues.map((issue) => issue.path),
    ['/layout/groups', '/layout/notes'],
  );
});

test('of a choice only the closest member is told', () => {
  const tests = [{ name: 't', input: { data: 1 }, mocks: { n_a: { error: { code: 'X', kind: 'input' } } }, expect: [] }];
  assert.deepEqual(
    parseFlow({ ...flow, tests }).issues.map((issue) => issue.path),
    ['/tests/0/mocks/n_a/error/message'],
  );
});

test('refuses whatever is not a flow, and never throws', () => {
  for (const raw of [null, 5, 'x', [], undefined]) assert.equal(parseFlow(raw).issues.length, 1);
  fc.assert(
    fc.property(fc.jsonValue(), (raw) => parseFlow(raw).flow === undefined),
    { numRuns: 300 },
  );
});

test('the content hash knows neither layout, nor revision, nor the order of fields', () => {
  const moved = { ...flow, revision: 9, layout: { nodes: { n_in: [1, 2] as [number, number] }, groups: [], notes: [] } };
  assert.equal(contentHash(moved), contentHash(flow));
  assert.equal(contentHash(Object.fromEntries(Object.entries(flow).reverse()) as typeof flow), contentHash(flow));
  assert.notEqual(contentHash({ ...flow, deadlineMs: 1 }), contentHash(flow));
  assert.match(contentHash(flow), /^[0-9a-f]{64}$/);
});

test('canonical JSON is JSON of the same value', () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.deepEqual(JSON.parse(canonicalJson(value)), JSON.parse(JSON.stringify(value)))));
});

test('a difference names nodes, edges and settings, and says when boxes alone were moved', () => {
  const [first, second] = flow.nodes;
  const changed = {
    ...flow,
    deadlineMs: 9,
    nodes: [
      { ...first!, config: { a: { b: 1 } } },
      { ...second!, id: 'n_new' },
    ],
    edges: [],
  };
  const diff = diffFlows(flow, changed);
  assert.deepEqual(diff.nodes.changed, [{ id: 'n_in', changes: [{ path: '/config/a', before: undefined, after: { b: 1 } }] }]);
  assert.deepEqual([diff.nodes.added[0]?.id, diff.nodes.removed[0]?.id, diff.edges.removed[0]?.id], ['n_new', 'n_back', 'e_0']);
  assert.deepEqual(diff.settings, [{ path: '/deadlineMs', before: 5000, after: 9 }]);
  assert.equal(diff.isSame, false);
  const moved = diffFlows(flow, { ...flow, revision: 3, layout: { ...flow.layout, nodes: { n_in: [1, 1] } } });
  assert.deepEqual([moved.isSame, moved.isLayoutChanged], [true, true]);
});

test('two flows have the same hash exactly when they do not differ', () => {
  const some = fc.record({ deadlineMs: fc.constantFrom(1, 2), tags: fc.constantFrom<string[]>([], ['a']), revision: fc.nat(3) });
  fc.assert(
    fc.property(
      some,
      some,
      (a, b) =>
        (contentHash({ ...flow, ...a }) === contentHash({ ...flow, ...b })) === diffFlows({ ...flow, ...a }, { ...flow, ...b }).isSame,
    ),
  );
});

test('older documents and nodes are lifted step by step', () => {
  const steps = new Map([['flow/0', (old: Readonly<Record<string, unknown>>) => ({ ...old, schema: 'flow/1' })]]);
  assert.deepEqual(migrateFlow({ schema: 'flow/0', a: 1 }, steps), { schema: 'flow/1', a: 1 });
  const newer = defineNode({
    type: 'transform.old',
    major: 2,
    kind: 'action',
    category: 'transform',
    icon: 'box',
    text: { label: flow.name, help: flow.name },
    ports: { in: [inPort], out: [outPort] },
    effect: 'pure',
    config: Type.Object({ total: Type.Integer() }),
    upgrade: (old) => ({ total: (old as { sum: number }).sum }),
    prepare: () => () => ({ emit: {} }),
  }) as NodeDefinition;
  const old = sampleFlow({ a: { type: 'transform.old@1', config: { sum: 4 } } }, []);
  assert.deepEqual(upgradeNodes(old, sampleRegistry([newer])).nodes[0], {
    id: 'n_a',
    label: 'a',
    type: 'transform.old@2',
    config: { total: 4 },
  });
  assert.equal(upgradeNodes(flow, sampleRegistry()), flow);
});

test('the schema is there as JSON Schema for other programs', () => {
  const schema = flowJsonSchema();
  assert.equal(schema['type'], 'object');
  assert.ok((schema['required'] as string[]).includes('nodes'));
});
