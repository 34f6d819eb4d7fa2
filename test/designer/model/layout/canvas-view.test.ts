import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCanvasView, type CanvasNode } from '../../../../designer/src/model/layout/canvas-view.ts';
import { setConfig, setLabel } from '../../../../designer/src/model/commands/change-node.ts';
import { move } from '../../../../designer/src/model/commands/move.ts';
import { apply, begin, seal, type Command, type History } from '../../../../designer/src/model/history/flow-history.ts';
import { createNodeTypes, createPortCache } from '../../../../designer/src/model/flow/node-types.ts';
import { knownOutPorts } from '../../../../engine/registry/node-ports.ts';
import { exampleFlow, exampleFlows, registry, types } from '../sample-types.ts';

function done(history: History, planned: Command | { readonly command: Command } | object): History {
  const command = 'change' in planned ? planned : (planned as { readonly command: Command }).command;
  return seal(apply(history, command as Command));
}

function card(nodes: readonly CanvasNode[], id: string) {
  const found = nodes.find((node) => node.id === id);
  assert.ok(found?.type === 'card');
  return found;
}

test('draws a card for every node and a wire for every edge, labelled where there are several ways', () => {
  const document = exampleFlow('appointment');
  const { nodes, edges } = createCanvasView(types)(document);
  assert.equal(nodes.length, document.nodes.length);
  assert.equal(edges.length, document.edges.length);
  const labels = edges.filter(({ source }) => source === 'n_where').map(({ data }) => [data.kind, data.label?.['zh-CN']]);
  assert.deepEqual(labels, [
    ['branch', '甲院'],
    ['branch', '乙院'],
    ['branch', '其他'],
  ]);
  assert.ok(edges.filter(({ source }) => source === 'n_call').every(({ data }) => data.kind === 'main' && data.label === undefined));
  assert.equal(card(nodes, 'n_where').height, 64 + 24);
});

test('only what changed is a new object', () => {
  const view = createCanvasView(types);
  let history = begin(exampleFlow('appointment'));
  const first = view(history.document);
  history = done(history, setLabel(history.document, 'n_check', '检查'));
  const second = view(history.document);
  for (const node of second.nodes) assert.equal(first.nodes.includes(node), node.id !== 'n_check', node.id);
  assert.ok(second.edges.every((edge) => first.edges.includes(edge)));
  assert.equal(second.order, first.order);
  history = done(history, move(new Map([['n_call', { x: 5, y: 5 }]])));
  const third = view(history.document);
  for (const node of third.nodes) assert.equal(second.nodes.includes(node), node.id !== 'n_call', node.id);
  assert.equal(view(history.document), third);
});

test('a wire whose port is gone is drawn as broken, from a port marked as missing', () => {
  const document = exampleFlow('appointment');
  document.edges.find(({ from }) => from.node === 'n_where')!.from.port = 'nowhere';
  const { nodes, edges } = createCanvasView(types)(document);
  assert.deepEqual(
    card(nodes, 'n_where').data.outs.flatMap((port) => (port.isMissing ? [port.name] : [])),
    ['nowhere'],
  );
  assert.equal(edges.filter(({ data }) => data.isBroken).length, 1);
});

test('nodes of an unknown type have the ports that their wires name', () => {
  const document = exampleFlow('appointment');
  document.nodes.find(({ id }) => id === 'n_where')!.type = 'gone.away@3';
  const { nodes, edges } = createCanvasView(types)(document);
  assert.deepEqual(
    card(nodes, 'n_where').data.outs.map(({ name, isMissing }) => [name, isMissing]),
    ['a', 'b', 'else'].map((name) => [name, false]),
  );
  assert.ok(edges.every(({ data }) => !data.isBroken));
});

test('every handle lies on the edge of its card', () => {
  const { nodes } = createCanvasView(types)(exampleFlow('reports'));
  for (const node of nodes) {
    if (node.type !== 'card') continue;
    for (const handle of node.handles) {
      const middle = { x: handle.x + handle.width / 2, y: handle.y + handle.height / 2 };
      if (handle.position === 'left') assert.equal(middle.x, 0);
      if (handle.position === 'right') assert.equal(middle.x, node.width);
      if (handle.position === 'bottom') assert.equal(middle.y, node.height);
      assert.ok(middle.y >= 0 && middle.y <= node.height);
    }
  }
});

test('ports that the server told replace those that were guessed', () => {
  const cache = createPortCache();
  const learning = createNodeTypes(types.list, cache);
  const document = exampleFlow('appointment');
  const where = document.nodes.find(({ id }) => id === 'n_where')!;
  const guessed = learning.outPorts(where);
  assert.deepEqual(
    guessed?.map(({ name }) => name),
    ['a', 'b', 'else'],
  );
  assert.equal(learning.outPorts(where), guessed);
  cache.learn(where.type, where.config, [{ name: 'told', label: { 'zh-CN': '告知', en: 'Told' } }]);
  assert.deepEqual(
    learning.outPorts(where)?.map(({ name }) => name),
    ['told'],
  );
});

test('guessed ports are those that the node types give themselves', () => {
  for (const node of exampleFlows.flatMap((flow) => flow.nodes)) {
    assert.deepEqual(types.outPorts(node), knownOutPorts(registry.get(node.type)!, node.config), node.type);
  }
});

test('a branch that a person adds is a port at once', () => {
  let history = begin(exampleFlow('appointment'));
  const { config } = history.document.nodes.find(({ id }) => id === 'n_where')!;
  const branches = [...(config['branches'] as object[]), { port: 'c', label: { 'zh-CN': '丙院', en: '' } }];
  history = done(history, setConfig(history.document, types, 'n_where', { branches }));
  const { outs } = card(createCanvasView(types)(history.document).nodes, 'n_where').data;
  assert.deepEqual(
    outs.map(({ name, label }) => [name, label.en]),
    [
      ['a', 'Hospital A'],
      ['b', 'Hospital B'],
      ['c', 'c'],
      ['else', 'Else'],
    ],
  );
});
