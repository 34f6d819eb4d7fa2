import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMAND_TEXTS } from '../../../designer/src/model/history/command-texts.ts';
import { addAfter, addNode, insertExistingOnEdge, insertOnEdge } from '../../../designer/src/model/commands/add-node.ts';
import { setAdapter, setConfig, setDisabled, setHandling } from '../../../designer/src/model/commands/change-node.ts';
import { connect, reconnect, whyNotConnect } from '../../../designer/src/model/commands/connect.ts';
import { changeSettings } from '../../../designer/src/model/commands/flow-settings.ts';
import { addGroup, setGroup } from '../../../designer/src/model/commands/groups.ts';
import { align } from '../../../designer/src/model/commands/move.ts';
import type { Planned, RefusalCode } from '../../../designer/src/model/commands/refusal.ts';
import { bypass, remove } from '../../../designer/src/model/commands/remove.ts';
import { replaceType } from '../../../designer/src/model/commands/replace-type.ts';
import { addTest, renameTest } from '../../../designer/src/model/commands/saved-tests.ts';
import { boxOf, overlaps } from '../../../designer/src/model/flow/card-geometry.ts';
import { apply, begin, type Command } from '../../../designer/src/model/history/flow-history.ts';
import type { FlowDocument, FlowNode } from '../../../engine/contract/flow/flow-document.ts';
import { Check } from 'typebox/value';
import { emptyFlow, exampleFlow, registry, types } from './sample-types.ts';

function after(document: FlowDocument, deed: Command | Planned): FlowDocument {
  assert.ok(!('refusal' in deed), 'refusal' in deed ? deed.refusal.code : '');
  return apply(begin(document), 'command' in deed ? deed.command : deed).document;
}

function refusalOf(deed: Planned): RefusalCode | undefined {
  return 'refusal' in deed ? deed.refusal.code : undefined;
}

function node(document: FlowDocument, id: string): FlowNode {
  return document.nodes.find((one) => one.id === id)!;
}

function wires(document: FlowDocument): string[] {
  return document.edges.map(({ from, to }) => `${from.node}.${from.port} > ${to.node}.${to.port}`);
}

const out = (id: string, port = 'ok') => ({ node: id, port });
const into = (id: string) => ({ node: id, port: 'in' });

test('a new node has its type’s defaults, a label of its own and a free place', () => {
  const flow = exampleFlow('appointment');
  const planned = addNode(flow, types, {
    type: 'http.call@1',
    at: { x: flow.layout.nodes['n_call']![0], y: flow.layout.nodes['n_call']![1] },
  });
  assert.ok('command' in planned);
  const once = after(flow, planned);
  const made = node(once, planned.nodeId);
  assert.equal(made.label, 'HTTP 调用');
  assert.deepEqual(made.config['expect'], ['200-299']);
  const own = boxOf(once, made, types);
  assert.ok(flow.nodes.every((other) => !overlaps(own, boxOf(once, other, types))));
  const twice = addNode(once, types, { type: 'http.call@1', at: { x: 0, y: 0 } });
  assert.equal(after(once, twice).nodes.at(-1)!.label, 'HTTP 调用 2');
  assert.equal(
    after(once, addNode(once, types, { type: 'http.call@1', at: { x: 0, y: 0 }, language: 'en' })).nodes.at(-1)!.label,
    'HTTP call',
  );
});

test('every node type can be added, and its start configuration breaks its schema only where a person must decide', () => {
  for (const type of types.list) {
    const flow = emptyFlow();
    const made = after(flow, addNode(flow, types, { type: type.name, at: { x: 0, y: 0 } })).nodes[0]!;
    const { required = [], properties = {} } = registry.get(type.name)!.config as {
      required?: string[];
      properties?: Record<string, object>;
    };
    for (const name of Object.keys(made.config)) assert.ok(Check(properties[name] as never, made.config[name]), `${type.name} ${name}`);
    for (const name of required) {
      if ('default' in properties[name]!) assert.ok(name in made.config, `${type.name} ${name}`);
    }
  }
});

test('a node is added behind another at its main output, or at the port that was named', () => {
  const flow = exampleFlow('appointment');
  const behind = addAfter(flow, types, { type: 'transform.map@1', after: { node: 'n_check' } });
  assert.ok('command' in behind);
  assert.ok(wires(after(flow, behind)).includes(`n_check.ok > ${behind.nodeId}.in`));
  const failed = addAfter(flow, types, { type: 'control.reply@1', after: { node: 'n_check', port: 'error' } });
  assert.ok('command' in failed);
  const document = after(flow, failed);
  assert.ok(wires(document).includes(`n_check.error > ${failed.nodeId}.in`));
  assert.ok(document.layout.nodes[failed.nodeId]![1] > document.layout.nodes['n_check']![1]);
  assert.equal(refusalOf(addAfter(flow, types, { type: 'transform.map@1', after: { node: 'n_unknown' } })), 'NO_OUTPUT');
  assert.equal(refusalOf(addAfter(flow, types, { type: 'mllp.listen@1', after: { node: 'n_check' } })), 'NO_INPUT');
});

test('a node is put into a wire: the wire is split and what stands behind makes room', () => {
  const flow = exampleFlow('appointment');
  for (const [id, place] of Object.entries(flow.layout.nodes)) place[0] += ['n_call', 'n_check'].includes(id) ? 0 : 520;
  const edge = flow.edges.find(({ from, to }) => from.node === 'n_check' && to.node === 'n_where')!;
  const planned = insertOnEdge(flow, types, edge.id, { type: 'transform.set@1' });
  assert.ok('command' in planned);
  const document = after(flow, planned);
  assert.ok(wires(document).includes(`n_check.ok > ${planned.nodeId}.in`));
  assert.ok(wires(document).includes(`${planned.nodeId}.ok > n_where.in`));
  assert.ok(!wires(document).includes('n_check.ok > n_where.in'));
  const x = (id: string) => document.layout.nodes[id]![0];
  assert.ok(x('n_check') < x(planned.nodeId) && x(planned.nodeId) + 220 < x('n_where') && x('n_where') < x('n_reply'));
  assert.deepEqual(document.layout.nodes['n_call'], flow.layout.nodes['n_call']);
  assert.equal(refusalOf(insertOnEdge(flow, types, edge.id, { type: 'control.end@1' })), 'NO_OUTPUT');
  assert.equal(refusalOf(insertOnEdge(flow, types, 'e_gone', { type: 'transform.set@1' })), 'EDGE_UNKNOWN');
});

test('a node that is put into a wire to the next row stands at the end of the row, and the next one stays', () => {
  const flow = exampleFlow('appointment');
  const edge = flow.edges.find(({ from, to }) => from.node === 'n_check' && to.node === 'n_where')!;
  const planned = insertOnEdge(flow, types, edge.id, { type: 'transform.set@1' });
  assert.ok('command' in planned);
  const { nodes } = after(flow, planned).layout;
  const [x, y] = flow.layout.nodes['n_check']!;
  assert.deepEqual(nodes, { ...flow.layout.nodes, [planned.nodeId]: [x + 260, y] });
});

test('a card that is dropped on a wire is put into it, unless that would close a circle', () => {
  const flow = exampleFlow('appointment');
  const lone = addNode(flow, types, { type: 'transform.set@1', at: { x: 0, y: 600 } });
  assert.ok('command' in lone);
  const document = after(flow, lone);
  const edge = document.edges[0]!;
  const dropped = after(document, insertExistingOnEdge(document, types, edge.id, lone.nodeId));
  assert.equal(dropped.nodes.length, document.nodes.length);
  assert.equal(dropped.edges.length, document.edges.length + 1);
  assert.equal(refusalOf(insertExistingOnEdge(document, types, edge.id, 'n_from_a')), 'EDGE_CYCLE');
});

test('refuses wires that the engine would refuse, and says why', () => {
  const flow = exampleFlow('appointment');
  const cases: [RefusalCode, ReturnType<typeof out>, ReturnType<typeof into>][] = [
    ['EDGE_REPEATED', out('n_call', 'out'), into('n_check')],
    ['EDGE_SELF', out('n_check'), into('n_check')],
    ['EDGE_CYCLE', out('n_from_a'), into('n_check')],
    ['NO_INPUT', out('n_check'), into('n_call')],
    ['NO_OUTPUT', out('n_unknown', 'out'), into('n_reply')],
    ['PORT_UNKNOWN', out('n_check', 'nowhere'), into('n_reply')],
    ['PORT_UNKNOWN', out('n_check'), { node: 'n_reply', port: 'nowhere' }],
    ['NODE_UNKNOWN', out('n_gone'), into('n_reply')],
  ];
  for (const [code, from, to] of cases) {
    const refusal = whyNotConnect(flow, types, from, to);
    assert.equal(refusal?.code, code);
    assert.ok(refusal.text['zh-CN'] !== '' && refusal.fix.en !== '');
  }
  assert.equal(whyNotConnect(flow, types, out('n_check', 'error'), into('n_reply')), undefined);
  const connected = after(flow, connect(flow, types, out('n_check', 'error'), into('n_reply')));
  assert.ok(wires(connected).includes('n_check.error > n_reply.in'));
});

test('one end of a wire is led elsewhere; back to where it was is no repetition', () => {
  const flow = exampleFlow('appointment');
  const edge = flow.edges.find(({ from }) => from.node === 'n_from_a')!;
  const moved = after(flow, reconnect(flow, types, edge.id, { from: out('n_book_a', 'error') }));
  assert.deepEqual(moved.edges.find(({ id }) => id === edge.id)?.from, { node: 'n_book_a', port: 'error' });
  assert.equal(refusalOf(reconnect(flow, types, edge.id, { to: edge.to })), undefined);
  assert.equal(refusalOf(reconnect(flow, types, edge.id, { to: into('n_check') })), 'EDGE_CYCLE');
});

test('removed nodes take wires, places and memberships along; saved tests keep their mocks', () => {
  const flow = exampleFlow('appointment');
  const grouped = after(flow, addGroup(flow, ['n_book_a', 'n_from_a'], '甲院'));
  const document = after(grouped, remove(grouped, { nodes: ['n_book_a'] }));
  assert.ok(wires(document).every((wire) => !wire.includes('n_book_a')));
  assert.equal('n_book_a' in document.layout.nodes, false);
  assert.deepEqual(document.layout.groups[0]?.nodes, ['n_from_a']);
  assert.deepEqual(document.tests, flow.tests);
  assert.deepEqual(after(document, remove(document, { nodes: ['n_from_a'] })).layout.groups, []);
});

test('wires are led around a node, which stays or goes', () => {
  const flow = exampleFlow('appointment');
  const around = after(flow, bypass(flow, types, 'n_check'));
  assert.ok(wires(around).includes('n_call.out > n_where.in'));
  assert.ok(wires(around).every((wire) => !wire.includes('n_check')));
  assert.equal(around.nodes.length, flow.nodes.length);
  const closed = after(flow, bypass(flow, types, 'n_book_a', { remove: true }));
  assert.ok(wires(closed).includes('n_to_a.ok > n_from_a.in'));
  assert.equal(closed.nodes.length, flow.nodes.length - 1);
});

test('a renamed branch keeps its wire, a removed one takes it along', () => {
  const flow = exampleFlow('appointment');
  const branches = node(flow, 'n_where').config['branches'] as { port: string }[];
  const renamed = after(
    flow,
    setConfig(flow, types, 'n_where', { branches: branches.map((one, index) => (index === 0 ? { ...one, port: 'jia' } : one)) }),
  );
  assert.ok(wires(renamed).includes('n_where.jia > n_to_a.in'));
  const removed = after(flow, setConfig(flow, types, 'n_where', { branches: branches.slice(1) }));
  assert.ok(wires(removed).every((wire) => !wire.startsWith('n_where.a')));
  assert.ok(wires(removed).includes('n_where.b > n_to_b.in'));
});

test('another type keeps id, wires, own label and the fields that fit', () => {
  const flow = exampleFlow('appointment');
  const document = after(flow, replaceType(flow, types, 'n_book_a', 'soap.call@1'));
  const made = node(document, 'n_book_a');
  assert.equal(made.type, 'soap.call@1');
  assert.equal(made.label, node(flow, 'n_book_a').label);
  assert.equal(made.config['path'], node(flow, 'n_book_a').config['path']);
  assert.equal('method' in made.config, false);
  assert.equal(made.adapter, undefined);
  assert.deepEqual(wires(document), wires(flow));
  const ended = after(flow, replaceType(flow, types, 'n_book_a', 'control.end@1'));
  assert.ok(wires(ended).every((wire) => !wire.startsWith('n_book_a.')));
  const named = after(
    flow,
    replaceType(after(flow, addNode(flow, types, { type: 'http.call@1', at: { x: 0, y: 0 } })), types, 'n_call', 'timer.schedule@1'),
  );
  assert.equal(node(named, 'n_call').label, '定时器');
  assert.ok(wires(named).includes('n_call.out > n_check.in'));
});

test('values that the schema refuses are refused with their place; nothing changes', () => {
  const flow = exampleFlow('appointment');
  const handling = setHandling(flow, 'n_book_a', { timeoutMs: 0 });
  assert.ok('refusal' in handling);
  assert.deepEqual(
    handling.refusal.issues?.map(({ path }) => path),
    ['/handling/timeoutMs'],
  );
  assert.equal(refusalOf(setAdapter(flow, 'n_book_a', 'not an id')), 'VALUE_WRONG');
  const settings = changeSettings({ domain: '', deadlineMs: -1 });
  assert.ok('refusal' in settings);
  assert.deepEqual(
    settings.refusal.issues?.map(({ path }) => path),
    ['/domain', '/deadlineMs'],
  );
  assert.equal(refusalOf(changeSettings({ mode: undefined })), 'VALUE_WRONG');
});

test('what is taken back leaves no trace in the document', () => {
  const flow = exampleFlow('appointment');
  const set = after(flow, setHandling(flow, 'n_check', { retry: { max: 1 } as never }));
  assert.deepEqual(node(set, 'n_check').handling?.retry, { max: 1, baseMs: 500, factor: 2, capMs: 60_000, on: ['transient'] });
  assert.equal('handling' in node(after(set, setHandling(set, 'n_check', undefined)), 'n_check'), false);
  const off = after(flow, setDisabled(flow, ['n_check', 'n_where'], true));
  assert.deepEqual(after(off, setDisabled(off, ['n_check', 'n_where'], false)), flow);
  assert.equal('description' in after(flow, changeSettings({ description: undefined })), false);
});

test('nodes line up and spread evenly', () => {
  const flow = exampleFlow('appointment');
  const ids = ['n_to_a', 'n_book_a', 'n_unknown'];
  flow.layout.nodes = { ...flow.layout.nodes, n_to_a: [0, 0], n_book_a: [100, 300], n_unknown: [700, 80] };
  const at = (document: FlowDocument, axis: 0 | 1) => ids.map((id) => document.layout.nodes[id]![axis]);
  assert.deepEqual(at(after(flow, align(flow, types, ids, 'left')), 0), [0, 0, 0]);
  assert.deepEqual(at(after(flow, align(flow, types, ids, 'right')), 0), [700, 700, 700]);
  assert.deepEqual(at(after(flow, align(flow, types, ids, 'bottom')), 1), [300, 300, 300]);
  assert.deepEqual(at(after(flow, align(flow, types, ids, 'spread-across')), 0), [0, 352, 700]);
  assert.equal(refusalOf(align(flow, types, ids.slice(1), 'spread-down')), 'TOO_FEW');
});

test('a node is in one group at most', () => {
  const flow = exampleFlow('appointment');
  const first = after(flow, addGroup(flow, ['n_to_a', 'n_book_a'], '甲'));
  const second = after(first, addGroup(first, ['n_book_a', 'n_from_a'], '乙'));
  assert.deepEqual(
    second.layout.groups.map(({ nodes }) => nodes),
    [['n_to_a'], ['n_book_a', 'n_from_a']],
  );
  const left = after(second, setGroup(second, ['n_to_a'], undefined));
  assert.deepEqual(
    left.layout.groups.map(({ label }) => label),
    ['乙'],
  );
});

test('saved tests have names of their own', () => {
  const flow = exampleFlow('appointment');
  const [first] = flow.tests;
  const added = after(flow, addTest(flow, first!));
  assert.equal(added.tests.at(-1)!.name, `${first!.name} 2`);
  const renamed = after(added, renameTest(added, added.tests.length - 1, '夜间'));
  assert.equal(renamed.tests.at(-1)!.name, '夜间');
  assert.equal(refusalOf(renameTest(flow, 0, '  ')), 'VALUE_WRONG');
  assert.equal(refusalOf(renameTest(flow, 99, 'x')), 'TEST_UNKNOWN');
});

test('every command has a name in both languages', () => {
  for (const { 'zh-CN': zhCN, en } of Object.values(COMMAND_TEXTS)) {
    assert.match(zhCN, /^[\u4e00-\u9fff]+$/);
    assert.match(en, /^[A-Z][a-z ’]+$/);
  }
});
