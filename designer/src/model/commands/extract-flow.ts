/** Extracts part of a flow into a new flow, and replaces the part by a node that calls the new flow. */
import type { FlowDocument, FlowEdge, FlowNode } from '../../../../engine/contract/flow/flow-document.ts';
import { createId } from '../../../../engine/contract/values/ids.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';
import { around, boxOf, CARD_WIDTH, GAP_X, placeOf, type Point } from '../flow/card-geometry.ts';
import { newFlow } from '../flow/new-flow.ts';
import { isErrorPort, type NodeTypes } from '../flow/node-types.ts';
import type { PortEnd } from './connect.ts';
import { place, removeNodes } from '../flow/draft-parts.ts';
import { newNode } from './new-node.ts';
import { refuse, type Planned } from './refusal.ts';

const [TRIGGER, CALL, REPLY] = ['interface.call@1', 'flow.call@1', 'control.reply@1'] as const;

interface Wish {
  readonly nodes: readonly string[];
  readonly name: string;
  readonly language: keyof Text;
}

type Extraction = Planned<{ readonly flow: FlowDocument; readonly nodeId: string }>;

/**
 * Plans the extraction. The caller must save the new flow before it runs the command. Refuses if wires enter the
 * selected part at more than one port or leave it from more than one, or if a node reads data across the border of the
 * part.
 */
export function extractFlow(document: FlowDocument, types: NodeTypes, wish: Wish): Extraction {
  const inside = new Set(wish.nodes);
  const nodes = document.nodes.filter(({ id }) => inside.has(id));
  const needed = [TRIGGER, CALL, REPLY].map((name) => types.get(name));
  const [trigger, call, reply] = needed;
  if (trigger === undefined || call === undefined || reply === undefined) return refuse('NODE_TYPE_UNKNOWN');
  if (nodes.length < 2) return refuse('TOO_FEW');
  if (nodes.some((node) => types.isTrigger(node) || types.get(node.type)?.role === 'reply')) return refuse('EXTRACT_ENDS');
  const ways = waysOf(document, inside);
  if (ways === undefined) return refuse('EXTRACT_WAYS');
  if (readsAcross(document, inside)) return refuse('EXTRACT_READS');

  const made = newFlow(wish.name, document.domain);
  const start = newNode(made, trigger, { language: wish.language });
  const end = newNode({ ...made, nodes }, reply, { language: wish.language });
  const box = around(nodes.map((node) => boxOf(document, node, types)));
  const at: Point = box === undefined ? { x: 0, y: 0 } : { x: box.x, y: box.y };
  const flow: FlowDocument = {
    ...structuredClone(made),
    domain: document.domain,
    deadlineMs: document.deadlineMs,
    nodes: structuredClone([start, ...nodes, end]),
    edges: structuredClone([
      wire({ node: start.id, port: types.mainOutPort(start) ?? 'out' }, ways.into),
      ...document.edges.filter(({ from, to }) => inside.has(from.node) && inside.has(to.node)),
      wire(ways.outOf, { node: end.id, port: types.mainInPort(end) ?? 'in' }),
    ]),
    layout: { nodes: placesOf(document, nodes, start, end, box), groups: [], notes: [] },
  };
  const effect = nodes.every(({ type }) => ['pure', 'read', undefined].includes(types.get(type)?.effect)) ? { effect: 'read' } : {};
  const rest = document.nodes.filter(({ id }) => !inside.has(id));
  const fresh = newNode({ ...document, nodes: rest }, call, { language: wish.language, label: wish.name });
  const caller: FlowNode = { ...fresh, config: { ...fresh.config, flowId: flow.flowId, ...effect } };
  const [into, outOf] = [types.mainInPort(caller) ?? 'in', types.mainOutPort(caller) ?? 'ok'];
  const wires = document.edges
    .filter(({ from, to }) => inside.has(from.node) !== inside.has(to.node))
    .map((edge) =>
      inside.has(edge.to.node) ? { ...edge, to: { node: caller.id, port: into } } : { ...edge, from: { node: caller.id, port: outOf } },
    );
  return {
    flow,
    nodeId: caller.id,
    command: {
      name: 'flow.extract',
      subject: wish.name,
      change(draft) {
        removeNodes(draft, inside);
        draft.nodes.push(structuredClone(caller));
        place(draft, caller.id, at);
        draft.edges.push(...structuredClone(wires));
      },
    },
  };
}

/**
 * Returns the port at which all wires enter the selected part, and the port at which all wires leave it. Returns
 * undefined if there is not exactly one of each, or if wires leave from an error port.
 */
function waysOf({ edges }: FlowDocument, inside: ReadonlySet<string>): { readonly into: PortEnd; readonly outOf: PortEnd } | undefined {
  const ins = edges.filter(({ from, to }) => !inside.has(from.node) && inside.has(to.node)).map(({ to }) => to);
  const outs = edges.filter(({ from, to }) => inside.has(from.node) && !inside.has(to.node)).map(({ from }) => from);
  const isOne = (ends: readonly PortEnd[]) =>
    ends.length > 0 && ends.every(({ node, port }) => node === ends[0]?.node && port === ends[0].port);
  const [into, outOf] = [ins[0], outs[0]];
  if (into === undefined || outOf === undefined || !isOne(ins) || !isOne(outs) || isErrorPort(outOf.port)) return undefined;
  return { into, outOf };
}

/** Returns whether a node inside the selected part reads data of a node outside, or the other way round. */
function readsAcross({ nodes, ingress }: FlowDocument, inside: ReadonlySet<string>): boolean {
  const across = (text: string, isInside: boolean) =>
    nodes.some(({ id }) => inside.has(id) !== isInside && new RegExp(`nodes\\.\`?${id}(?![A-Za-z0-9_])`).test(text));
  return (
    nodes.some((node) => across(JSON.stringify([node.config, node.handling]), inside.has(node.id))) ||
    across(JSON.stringify(ingress ?? {}), false)
  );
}

function placesOf(document: FlowDocument, nodes: readonly FlowNode[], start: FlowNode, end: FlowNode, box: ReturnType<typeof around>) {
  const { x, y, width } = box ?? { x: 0, y: 0, width: 0 };
  const step = CARD_WIDTH + GAP_X;
  const kept = nodes.map((node): [string, [number, number]] => {
    const at = placeOf(document, node.id);
    return [node.id, [at.x - x + step, at.y - y]];
  });
  return Object.fromEntries([[start.id, [0, 0]], ...kept, [end.id, [width + step + GAP_X, 0]]] as [string, [number, number]][]);
}

function wire(from: PortEnd, to: PortEnd): FlowEdge {
  return { id: createId('e'), from: { ...from }, to: { ...to } };
}
