import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FinalConnectionState } from '@xyflow/react';
import {
  canConnect,
  endConnecting,
  endsOf,
  reachableNodes,
  reconnectEnds,
  startConnecting,
} from '../../../../designer/src/canvas/state/connecting.ts';
import { emptyFlow, exampleFlow, types } from '../../model/sample-types.ts';
import { canvasOf } from '../canvas-tools.ts';

const connection = (source: string, sourceHandle: string, target: string, targetHandle = 'in') => ({
  source,
  sourceHandle,
  target,
  targetHandle,
});

test('a wire may be drawn from either end, but not between two outputs', () => {
  const [from, to] = [
    { node: 'a', port: 'out' },
    { node: 'b', port: 'in' },
  ];
  const [out, into] = [{ id: 'out', type: 'source' } as const, { id: 'in', type: 'target' } as const];
  assert.deepEqual(endsOf('a', out, 'b', into), { from, to });
  assert.deepEqual(endsOf('b', into, 'a', out), { from, to });
  assert.equal(endsOf('a', out, 'b', out), undefined);
});

test('the cards that light up are those where the wire may end: no circle, no trigger, no end', () => {
  const flow = exampleFlow('appointment');
  const forward = reachableNodes(flow, types, { node: 'n_book_a', port: 'ok' }, 'source');
  assert.deepEqual([...forward].sort(), ['n_book_b', 'n_from_a', 'n_from_b', 'n_reply', 'n_to_b', 'n_unknown']);
  const backward = reachableNodes(flow, types, { node: 'n_from_a', port: 'in' }, 'target');
  for (const id of ['n_book_a', 'n_call', 'n_to_b']) assert.ok(backward.has(id), id);
  for (const id of ['n_from_a', 'n_reply', 'n_unknown']) assert.ok(!backward.has(id), id);
});

test('a drawn wire closes the box for adding, and its targets go with it', () => {
  const { tools } = canvasOf();
  tools.canvas.getState().set({ quickAdd: { wish: { kind: 'place', at: { x: 0, y: 0 } }, at: { x: 0, y: 0 } } });
  startConnecting(tools, 'n_book_a', 'ok', 'source');
  const { connecting, quickAdd } = tools.canvas.getState();
  assert.deepEqual([connecting?.from, connecting?.targets.has('n_reply'), quickAdd], [{ node: 'n_book_a', port: 'ok' }, true, undefined]);
  release(tools, { fromNode: 'n_book_a', fromHandle: 'ok', isValid: true });
  assert.equal(tools.canvas.getState().connecting, undefined);
});

test('a wire released on a card ends at its main port, from either side', () => {
  const { tools, flowNow, told, undo } = canvasOf();
  const count = flowNow().edges.length;
  release(tools, { fromNode: 'n_book_a', fromHandle: 'ok', card: 'n_unknown' });
  assert.deepEqual(
    [flowNow().edges.at(-1)!.from, flowNow().edges.at(-1)!.to],
    [
      { node: 'n_book_a', port: 'ok' },
      { node: 'n_unknown', port: 'in' },
    ],
  );
  undo();
  release(tools, { fromNode: 'n_unknown', fromHandle: 'in', side: 'target', card: 'n_book_b' });
  assert.deepEqual(
    [flowNow().edges.at(-1)!.from, flowNow().edges.at(-1)!.to],
    [
      { node: 'n_book_b', port: 'ok' },
      { node: 'n_unknown', port: 'in' },
    ],
  );
  release(tools, { fromNode: 'n_book_a', fromHandle: 'ok', card: 'n_book_a' });
  assert.deepEqual([flowNow().edges.length, told], [count + 1, []], 'on its own card it is dropped without a word');
});

test('a wire that may not end where it was released says why', () => {
  const { tools, flowNow, told } = canvasOf();
  const before = flowNow();
  release(tools, { fromNode: 'n_book_a', fromHandle: 'ok', card: 'n_check' });
  assert.equal(told.pop(), 'EDGE_CYCLE');
  release(tools, { fromNode: 'n_book_a', fromHandle: 'ok', card: 'n_call' });
  assert.equal(told.pop(), 'NO_INPUT');
  release(tools, { fromNode: 'n_where', fromHandle: 'a', toNode: 'n_to_a', toHandle: 'in' });
  assert.equal(told.pop(), 'EDGE_REPEATED');
  release(tools, { fromNode: 'n_where', fromHandle: 'a', toNode: 'n_book_a', toHandle: 'ok', toSide: 'source' });
  assert.deepEqual([told, flowNow()], [[], before], 'between two outputs nothing is meant');
});

test('a wire released in empty space asks which node follows, or which leads to it, at that place', () => {
  const { tools } = canvasOf();
  release(tools, { fromNode: 'n_book_a', fromHandle: 'ok' });
  const start = { node: 'n_book_a', port: 'ok' };
  assert.deepEqual(tools.canvas.getState().quickAdd, { wish: { kind: 'after', ...start, at: { x: 650, y: 248 } }, at: { x: 700, y: 300 } });
  release(tools, { fromNode: 'n_reply', fromHandle: 'in', side: 'target' });
  const end = { node: 'n_reply', port: 'in' };
  assert.deepEqual(tools.canvas.getState().quickAdd?.wish, { kind: 'before', end, at: { x: 430, y: 248 } });
});

test('a finger ends a wire as the mouse does', () => {
  const { tools, flowNow } = canvasOf();
  release(tools, { fromNode: 'n_book_a', fromHandle: 'ok', card: 'n_unknown', isTouch: true });
  assert.equal(flowNow().edges.at(-1)!.to.node, 'n_unknown');
});

test('a wire that is moved to another card keeps its identity; a refused move leaves it where it was', () => {
  const { tools, flowNow, told } = canvasOf();
  const end = (id: string) => flowNow().edges.find((edge) => edge.id === id)?.to.node;
  reconnectEnds(tools, 'e_6', { from: { node: 'n_from_a', port: 'ok' }, to: { node: 'n_unknown', port: 'in' } });
  assert.equal(end('e_6'), 'n_unknown');
  reconnectEnds(tools, 'e_6', { from: { node: 'n_from_a', port: 'ok' }, to: { node: 'n_check', port: 'in' } });
  assert.deepEqual([end('e_6'), told.length], ['n_unknown', 1]);
});

test('a port takes a wire only if the flow may hold it', () => {
  const { tools } = canvasOf();
  assert.equal(canConnect(tools, connection('n_book_a', 'ok', 'n_unknown')), true);
  assert.equal(canConnect(tools, connection('n_book_a', 'ok', 'n_check')), false);
  assert.equal(canConnect(tools, connection('n_book_a', 'nonsense', 'n_unknown')), false);
  assert.equal(canConnect(canvasOf(emptyFlow()).tools, connection('x', 'ok', 'y')), false);
});

interface Released {
  readonly fromNode: string;
  readonly fromHandle: string;
  readonly side?: 'source' | 'target';
  readonly toNode?: string;
  readonly toHandle?: string;
  readonly toSide?: 'source' | 'target';
  /** The card under the pointer. */
  readonly card?: string;
  readonly isValid?: boolean;
  readonly isTouch?: boolean;
}

function release(tools: ReturnType<typeof canvasOf>['tools'], released: Released): void {
  const { fromNode, fromHandle, side = 'source', toNode, toHandle, toSide = 'target', card, isValid = false, isTouch = false } = released;
  const point = { clientX: 700, clientY: 300 };
  const under = (x: number, y: number) =>
    card !== undefined && x === point.clientX && y === point.clientY ? { closest: () => ({ dataset: { id: card } }) } : null;
  Object.assign(globalThis, { document: { elementFromPoint: under } });
  const event = (isTouch ? { changedTouches: [point] } : point) as MouseEvent | TouchEvent;
  endConnecting(tools, event, {
    isValid,
    fromNode: { id: fromNode },
    fromHandle: { id: fromHandle, type: side },
    toNode: toNode === undefined ? null : { id: toNode },
    toHandle: toHandle === undefined ? null : { id: toHandle, type: toSide },
  } as FinalConnectionState);
}
