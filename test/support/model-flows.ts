/** Small flows and nodes for tests of the engine: a receiver that counts, and the product's own control nodes. */
import { Type } from 'typebox';
import type { FlowDocument, FlowEdge, FlowNode } from '../../engine/contract/flow/flow-document.ts';
import { createMessage, type Message } from '../../engine/contract/values/message.ts';
import {
  defineNode,
  errorPort,
  inPort,
  okPort,
  outPort,
  type Effect,
  type NodeDefinition,
  type NodeContext,
} from '../../engine/contract/node/node.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import forEach from '../../nodes/control/for-each.node.ts';
import join from '../../nodes/control/join.node.ts';
import joinV1 from '../../nodes/control/join.v1.node.ts';
import parallel from '../../nodes/control/parallel.node.ts';
import reply from '../../nodes/control/reply.node.ts';
import wait from '../../nodes/control/wait.node.ts';

const text = { label: { 'zh-CN': '测试', en: 'Test' }, help: { 'zh-CN': '测试', en: 'Test' } };

export const testTrigger = defineNode({
  kind: 'trigger',
  type: 'test.in',
  major: 1,
  category: 'trigger',
  icon: 'test',
  text,
  config: Type.Object({}),
  ports: { in: [], out: [outPort] },
});

/** What a node under test does with one message. */
export type Deed = (ctx: NodeContext<unknown>, message: Message, name: string) => Promise<unknown> | unknown;

export function testAction(type: string, effect: Effect, deed: Deed): NodeDefinition {
  return defineNode({
    kind: 'action',
    type,
    major: 1,
    category: 'call',
    icon: 'test',
    text,
    effect,
    config: Type.Object({ name: Type.String({ default: '' }) }),
    ports: { in: [inPort], out: [okPort, errorPort] },
    prepare:
      ({ name }) =>
      (ctx, message) => {
        const answer = deed(ctx, message, name);
        const emit = (data: unknown) => ({ emit: { ok: [createMessage(data ?? message.data)] } });
        return answer instanceof Promise ? answer.then(emit) : emit(answer);
      },
  }) as NodeDefinition;
}

export const controlNodes = [forEach, join, joinV1, parallel, reply, wait] as unknown as readonly NodeDefinition[];

export function node(id: string, type: string, config: Record<string, unknown> = {}, more: Partial<FlowNode> = {}): FlowNode {
  return { id: `n_${id}`, type: `${type}@1`, label: id, config, ...more };
}

/** `a.ok -> b` as an edge; the port is `ok` unless named. */
export function edge(from: string, to: string): FlowEdge {
  const [node, port = 'ok'] = from.split('.') as [string, string?];
  return { id: `e_${node}_${port}_${to}`, from: { node: `n_${node}`, port }, to: { node: `n_${to}`, port: 'in' } };
}

export function flowOf(nodes: readonly FlowNode[], edges: readonly FlowEdge[], more: Partial<FlowDocument> = {}): FlowDocument {
  return {
    schema: 'flow/1',
    flowId: 'flw_model',
    revision: 1,
    name: { 'zh-CN': '模型', en: 'Model' },
    domain: 'test',
    tags: [],
    mode: 'durable',
    deadlineMs: 60_000,
    nodes: [...nodes],
    edges: [...edges],
    tests: [],
    layout: { nodes: {}, groups: [], notes: [] },
    ...more,
  };
}

/** in -> a and b at the same time -> join -> reply, as a sync flow. */
export function twoBranches(a: FlowNode, b: FlowNode, joinMode: 'all' | 'any', deadlineMs: number): FlowDocument {
  const branch = (port: string) => ({ port, label: { 'zh-CN': port, en: port } });
  return flowOf(
    [
      node('in', 'test.in'),
      node('fan', 'control.parallel', { branches: [branch('a'), branch('b')] }),
      { ...a, id: 'n_a' },
      { ...b, id: 'n_b' },
      node('join', 'control.join', { mode: joinMode }),
      node('reply', 'control.reply', { status: 201 }),
    ],
    [edge('in.out', 'fan'), edge('fan.a', 'a'), edge('fan.b', 'b'), edge('a', 'join'), edge('b', 'join'), edge('join.out', 'reply')],
    { mode: 'sync', deadlineMs },
  );
}

/** Never responds; ends when it is aborted. */
export const silent: Deed = (ctx) =>
  new Promise((_resolve, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason as Error)));

export function transient(code = 'TEST_DOWN'): AppError {
  return new AppError(code, 'transient', 'The receiver is not there.');
}
