/** Sizes of cards and of the space around them, in canvas units. The styles of the canvas use the same numbers. */
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { isErrorPort, type NodeTypes } from './node-types.ts';

export const CARD_WIDTH = 220;
export const CARD_HEIGHT = 64;
/** Free space between neighbouring cards. Columns of cards start 260 units apart. */
export const GAP_X = 40;
export const GAP_Y = 48;
/** Positions that the program chooses are multiples of this number. */
export const GRID = 4;
/**
 * Height that is added to a card for each output port after the second one. Two ports fit beside the two lines of text
 * of the card.
 */
const PORT_STEP = 24;
const PORTS_THAT_FIT = 2;
export const GROUP_PADDING = 24;
export const GROUP_TITLE = 28;
export const NOTE_WIDTH = 220;
export const NOTE_HEIGHT = 96;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** Returns the height of a card with these output ports. The error port is below the card and needs no height. */
export function cardHeight(ports: readonly { readonly name: string }[] | undefined): number {
  const beside = (ports ?? []).filter(({ name }) => !isErrorPort(name)).length;
  return CARD_HEIGHT + Math.max(0, beside - PORTS_THAT_FIT) * PORT_STEP;
}

/**
 * Returns the position of an output port, relative to the card's upper left corner. `index` does not count error
 * ports.
 */
export function portPoint(port: string, index: number, count: number, height: number): Point {
  if (isErrorPort(port)) return { x: CARD_WIDTH - 28, y: height };
  return { x: CARD_WIDTH, y: portHeight(index, count, height) };
}

/**
 * Returns the y coordinate of a port, relative to the upper edge of its card. The ports of one side are spread evenly.
 */
export function portHeight(index: number, count: number, height: number): number {
  return Math.round((height * (index + 1)) / (count + 1));
}

/** Returns the position of a node on the canvas; (0, 0) if it has none. */
export function placeOf(document: Pick<FlowDocument, 'layout'>, id: string): Point {
  const place = Object.hasOwn(document.layout.nodes, id) ? document.layout.nodes[id] : undefined;
  return { x: place?.[0] ?? 0, y: place?.[1] ?? 0 };
}

export function boxOf(document: Pick<FlowDocument, 'layout'>, node: FlowDocument['nodes'][number], types: NodeTypes): Box {
  return { ...placeOf(document, node.id), width: CARD_WIDTH, height: cardHeight(types.outPorts(node)) };
}

/** Returns the smallest box that contains all boxes; undefined if there are none. */
export function around(boxes: readonly Box[]): Box | undefined {
  const [first] = boxes;
  if (first === undefined) return undefined;
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** Returns the frame of a group around its nodes' boxes. */
export function groupFrame(boxes: readonly Box[]): Box | undefined {
  const inner = around(boxes);
  return (
    inner && {
      x: inner.x - GROUP_PADDING,
      y: inner.y - GROUP_PADDING - GROUP_TITLE,
      width: inner.width + 2 * GROUP_PADDING,
      height: inner.height + 2 * GROUP_PADDING + GROUP_TITLE,
    }
  );
}

export function overlaps(a: Box, b: Box, margin = 0): boolean {
  return a.x < b.x + b.width + margin && b.x < a.x + a.width + margin && a.y < b.y + b.height + margin && b.y < a.y + a.height + margin;
}

export function onGrid(value: number): number {
  return Math.round(value / GRID) * GRID + 0;
}

/** Returns the wished place, or the nearest one below it at which the card covers no other card. */
export function freePlace(document: FlowDocument, types: NodeTypes, wished: Point, height = CARD_HEIGHT): Point {
  const taken = document.nodes.map((node) => boxOf(document, node, types));
  let y = onGrid(wished.y);
  const x = onGrid(wished.x);
  for (let step = 0; step <= taken.length; step += 1) {
    const hit = taken.find((box) => overlaps(box, { x, y, width: CARD_WIDTH, height }, GRID));
    if (hit === undefined) break;
    y = onGrid(hit.y + hit.height + GAP_Y);
  }
  return { x, y };
}
