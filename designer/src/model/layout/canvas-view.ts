/**
 * Converts the flow document to what the canvas draws. The result has the form that @xyflow/react expects, but this
 * file does not import it. An unchanged node gives the same object again, so that only changed cards are drawn again.
 */
import type { FlowDocument, FlowEdge, FlowNode, LayoutGroup, LayoutNote } from '../../../../engine/contract/flow/flow-document.ts';
import type { Category, ControlRole, PortSpec } from '../../../../engine/contract/node/node.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';
import type { NodeDescription } from '../../api/operations.ts';
import { boxOf, CARD_WIDTH, cardHeight, groupFrame, portHeight, placeOf, portPoint, type Box, type Point } from '../flow/card-geometry.ts';
import { flowFrames, type FlowFrame } from '../flow/flow-frames.ts';
import { flowOrder } from '../flow/flow-order.ts';
import { isErrorPort, type NodeTypes } from '../flow/node-types.ts';
import { turnOf, type Turn, type WireEnds } from './wire-route.ts';

export interface CanvasPort {
  readonly name: string;
  readonly label: Text;
  readonly isError: boolean;
  /** True if a wire is connected to this port although the node has no such port, or no longer has it. */
  readonly isMissing: boolean;
  /** Position of the port on the card. */
  readonly at: Point;
}

/** The part of the document that a card shows. Run states and problems are stored separately, by id. */
export interface CardData {
  readonly node: FlowNode;
  readonly ins: readonly CanvasPort[];
  readonly outs: readonly CanvasPort[];
  readonly [key: string]: unknown;
}

export interface NoteData {
  readonly note: LayoutNote;
  readonly [key: string]: unknown;
}

export interface GroupData {
  readonly group: LayoutGroup;
  readonly [key: string]: unknown;
}

export interface FrameData {
  readonly frame: FlowFrame;
  readonly [key: string]: unknown;
}

interface Placed {
  readonly id: string;
  readonly position: Point;
  readonly width: number;
  readonly height: number;
  /** The known size. With it, the canvas can draw the element before the browser has measured it. */
  readonly measured: { readonly width: number; readonly height: number };
  readonly zIndex: number;
}

export type CanvasNode =
  | (Placed & { readonly type: 'card'; readonly data: CardData; readonly handles: readonly CanvasHandle[] })
  | (Placed & { readonly type: 'note'; readonly data: NoteData })
  | (Placed & { readonly type: 'group'; readonly data: GroupData })
  | (Placed & { readonly type: 'frame'; readonly data: FrameData });

/**
 * A port at which wires start or end. Its position is computed here, so that wires can be drawn before the browser has
 * measured any card.
 */
export interface CanvasHandle extends Box {
  readonly id: string;
  readonly type: 'source' | 'target';
  readonly position: 'left' | 'right' | 'bottom';
}

/**
 * `main`: the normal case; `error`: the error port; `branch`: one of several outputs; `loop`: the body of a for-each.
 */
export type WireKind = 'main' | 'error' | 'branch' | 'loop';

export interface WireData {
  readonly kind: WireKind;
  /** Label of the branch; absent if the node has only one output. */
  readonly label?: Text;
  /** Category of the source node. */
  readonly category: Category | undefined;
  readonly turn: Turn;
  /** True if the wire starts or ends at a port that does not exist. */
  readonly isBroken: boolean;
  readonly [key: string]: unknown;
}

export interface CanvasEdge {
  readonly id: string;
  readonly type: 'wire';
  readonly source: string;
  readonly sourceHandle: string;
  readonly target: string;
  readonly targetHandle: string;
  readonly data: WireData;
}

export interface CanvasView {
  readonly nodes: readonly CanvasNode[];
  readonly edges: readonly CanvasEdge[];
  /** Ids of the cards in reading order. */
  readonly order: readonly string[];
}

const Z = { group: 0, note: 1, card: 2 } as const;
const HANDLE = 12;

/**
 * Returns a function that converts the documents of one flow. Create a new function for another flow and for other node
 * types, because it remembers its last result.
 */
export function createCanvasView(types: NodeTypes): (document: FlowDocument) => CanvasView {
  let before: ReadonlyMap<string, Kept> = new Map();
  let last: { readonly document: FlowDocument; readonly view: CanvasView } | undefined;

  return (document) => {
    if (last?.document === document) return last.view;
    const now = new Map<string, Kept>();
    const keep: Keep = (id, inputs, make) => {
      const old = before.get(id);
      const isSame = old?.inputs.length === inputs.length && old.inputs.every((input, index) => input === inputs[index]);
      const kept = isSame ? old : { inputs, output: make() };
      now.set(id, kept);
      return kept.output as ReturnType<typeof make>;
    };
    const view = makeView(document, types, keep);
    before = now;
    last = { document, view };
    return view;
  };
}

/** Returns the last value for this id if `inputs` are the same objects as then. Otherwise calls `make`. */
type Keep = <T>(id: string, inputs: readonly unknown[], make: () => T) => T;

interface Kept {
  readonly inputs: readonly unknown[];
  readonly output: unknown;
}

function makeView(document: FlowDocument, types: NodeTypes, keep: Keep): CanvasView {
  const byId = new Map(document.nodes.map((node) => [node.id, node]));
  const wires = document.edges.filter(({ from, to }) => byId.has(from.node) && byId.has(to.node));
  const lost = lostPorts(wires, byId, types);
  const boxes = boxesOf(document, types, keep);
  const groups = document.layout.groups.flatMap((group) => {
    const frame = groupFrame(group.nodes.flatMap((id) => boxes.get(id) ?? []));
    return frame === undefined ? [] : [groupNode(group, frame, keep)];
  });
  const typed = document.nodes.map(({ id, type }) => `${id} ${type}`);
  const frames = keep('frames', [document.edges, ...typed], () => flowFrames(document, types)).map((frame): CanvasNode => {
    const box = groupFrame(frame.nodes.flatMap((id) => boxes.get(id) ?? []))!;
    const { x, y, width, height } = box;
    const id = `${frame.kind} ${frame.owner}`;
    return keep(id, [frame.nodes.join(' '), x, y, width, height], () => ({
      id,
      type: 'frame',
      position: { x, y },
      ...sized(width, height),
      zIndex: Z.group,
      data: { frame },
    }));
  });
  const notes = document.layout.notes.map((note) => keep(note.id, [note], () => noteNode(note)));
  const cards = document.nodes.map((node) => {
    const { x, y } = placeOf(document, node.id);
    const outs = types.outPorts(node);
    const ins = types.inPorts(node);
    const [lostIns, lostOuts] = [lost.get(`in ${node.id}`) ?? '', lost.get(`out ${node.id}`) ?? ''];
    return keep(node.id, [node, x, y, ins, outs, lostIns, lostOuts], () => cardNode(node, { x, y }, ins, outs, lostIns, lostOuts));
  });
  // To compute how wires run takes more time than everything else here. So the result is kept until a card moves or a
  // port changes.
  const places = keep('places', [...boxes.values()], () => [...boxes.values()]);
  const edges = wires.map((edge) => {
    const source = byId.get(edge.from.node)!;
    const [outs, ins] = [types.outPorts(source), types.inPorts(byId.get(edge.to.node)!)];
    const type = types.get(source.type);
    const turn = keep(`turn ${edge.id}`, [edge, outs, ins, places], () =>
      isErrorPort(edge.from.port) ? {} : turnOf(endsOf(edge, outs, ins, boxes), places),
    );
    return keep(edge.id, [edge, outs, ins, turn.x, turn.y], () => wire(edge, outs, ins, type, turn));
  });
  const order = keep('order', [document.edges, document.layout.nodes, ...boxes.keys()], () => flowOrder(document));
  return { nodes: [...frames, ...groups, ...notes, ...cards], edges, order };
}

function boxesOf(document: FlowDocument, types: NodeTypes, keep: Keep): ReadonlyMap<string, Box> {
  return new Map(
    document.nodes.map((node) => {
      const box = boxOf(document, node, types);
      return [node.id, keep(`box ${node.id}`, [box.x, box.y, box.height], () => box)];
    }),
  );
}

function endsOf(
  { from, to }: FlowEdge,
  outs: readonly PortSpec[] | undefined,
  ins: readonly PortSpec[] | undefined,
  boxes: ReadonlyMap<string, Box>,
): WireEnds {
  const [source, target] = [boxes.get(from.node)!, boxes.get(to.node)!];
  const ways = (outs ?? []).filter(({ name }) => !isErrorPort(name));
  const index = Math.max(
    0,
    ways.findIndex(({ name }) => name === from.port),
  );
  const count = Math.max(1, ways.length);
  const into = Math.max(0, ins?.findIndex(({ name }) => name === to.port) ?? 0);
  const start = portPoint(from.port, index, count, source.height);
  return {
    from: { x: source.x + start.x, y: source.y + start.y },
    to: { x: target.x, y: target.y + portHeight(into, Math.max(1, ins?.length ?? 1), target.height) },
    index,
    count,
  };
}

/**
 * Returns the ports that are named by wires but do not exist. A key is `in <node>` or `out <node>`. A value is a list
 * of port names, joined by line breaks.
 */
function lostPorts(wires: readonly FlowEdge[], byId: ReadonlyMap<string, FlowNode>, types: NodeTypes): ReadonlyMap<string, string> {
  const lost = new Map<string, string>();
  const note = (key: string, port: string) => {
    const names = lost.get(key)?.split('\n') ?? [];
    if (!names.includes(port)) lost.set(key, [...names, port].join('\n'));
  };
  for (const { from, to } of wires) {
    if (!has(types.outPorts(byId.get(from.node)!), from.port)) note(`out ${from.node}`, from.port);
    if (!has(types.inPorts(byId.get(to.node)!), to.port)) note(`in ${to.node}`, to.port);
  }
  return lost;
}

function has(ports: readonly PortSpec[] | undefined, name: string): boolean {
  return ports?.some((port) => port.name === name) ?? false;
}

function cardNode(
  node: FlowNode,
  position: Point,
  ins: readonly PortSpec[] | undefined,
  outs: readonly PortSpec[] | undefined,
  lostIns: string,
  lostOuts: string,
): CanvasNode {
  const height = cardHeight(outs);
  const inPorts = canvasPorts(ins ?? [], lostIns, outs === undefined, (_name, index, count) => ({
    x: 0,
    y: portHeight(index, count, height),
  }));
  const outPorts = canvasPorts(outs ?? [], lostOuts, outs === undefined, (name, index, count) => portPoint(name, index, count, height));
  return {
    id: node.id,
    type: 'card',
    position,
    ...sized(CARD_WIDTH, height),
    zIndex: Z.card,
    data: { node, ins: inPorts, outs: outPorts },
    handles: [...inPorts.map((port) => handle(port, 'target')), ...outPorts.map((port) => handle(port, 'source'))],
  };
}

/** Returns the ports of a card. If the node type is unknown, every port that a wire names counts as existing. */
function canvasPorts(
  ports: readonly PortSpec[],
  lost: string,
  isUnknownType: boolean,
  at: (name: string, index: number, count: number) => Point,
): CanvasPort[] {
  const all = [
    ...ports.map(({ name, label }) => ({ name, label, isMissing: false })),
    ...(lost === '' ? [] : lost.split('\n')).map((name) => ({ name, label: { 'zh-CN': name, en: name }, isMissing: !isUnknownType })),
  ];
  const beside = all.filter(({ name }) => !isErrorPort(name));
  return all.map((port) => ({
    ...port,
    isError: isErrorPort(port.name),
    at: at(
      port.name,
      beside.findIndex(({ name }) => name === port.name),
      beside.length,
    ),
  }));
}

function handle({ name, isError, at }: CanvasPort, type: CanvasHandle['type']): CanvasHandle {
  const position = type === 'target' ? 'left' : isError ? 'bottom' : 'right';
  return { id: name, type, position, x: at.x - HANDLE / 2, y: at.y - HANDLE / 2, width: HANDLE, height: HANDLE };
}

function noteNode(note: LayoutNote): CanvasNode {
  return {
    id: note.id,
    type: 'note',
    position: { x: note.x, y: note.y },
    ...sized(note.width, note.height),
    zIndex: Z.note,
    data: { note },
  };
}

function groupNode(group: LayoutGroup, frame: Box, keep: Keep): CanvasNode {
  const { x, y, width, height } = frame;
  return keep(group.id, [group, x, y, width, height], () => ({
    id: group.id,
    type: 'group',
    position: { x, y },
    ...sized(width, height),
    zIndex: Z.group,
    data: { group },
  }));
}

function sized(width: number, height: number): Pick<Placed, 'width' | 'height' | 'measured'> {
  return { width, height, measured: { width, height } };
}

function wire(
  edge: FlowEdge,
  outs: readonly PortSpec[] | undefined,
  ins: readonly PortSpec[] | undefined,
  type: Pick<NodeDescription, 'role' | 'category'> | undefined,
  turn: Turn,
): CanvasEdge {
  const port = outs?.find(({ name }) => name === edge.from.port);
  const ways = (outs ?? []).filter(({ name }) => !isErrorPort(name)).length;
  const kind = wireKind(edge.from.port, ways, type?.role);
  const isBroken = (outs !== undefined && port === undefined) || (ins !== undefined && !has(ins, edge.to.port));
  const label = port?.label ?? { 'zh-CN': edge.from.port, en: edge.from.port };
  return {
    id: edge.id,
    type: 'wire',
    source: edge.from.node,
    sourceHandle: edge.from.port,
    target: edge.to.node,
    targetHandle: edge.to.port,
    data: { kind, isBroken, category: type?.category, turn, ...(kind === 'main' && !isBroken ? {} : { label }) },
  };
}

function wireKind(port: string, ways: number, role: ControlRole | undefined): WireKind {
  if (isErrorPort(port)) return 'error';
  if (role === 'for-each' && port === 'each') return 'loop';
  return ways > 1 ? 'branch' : 'main';
}
