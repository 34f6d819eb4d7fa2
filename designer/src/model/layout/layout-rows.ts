/** Breaks a long flow into several rows, so that a long chain of nodes is read row by row, like text. */
import { CARD_WIDTH, GAP_X, type Box } from '../flow/card-geometry.ts';

/** A card, or the frame of a group with all its contents. */
export interface Item extends Pick<Box, 'width' | 'height'> {
  readonly id: string;
}

export interface Wire {
  readonly from: string;
  readonly to: string;
  readonly isError: boolean;
}

export interface Part {
  readonly items: readonly Item[];
  readonly wires: readonly Wire[];
}

/** Maximum width of a row. Five cards fit into it, which a small screen can show at a readable zoom. */
const ROW_WIDTH = 5 * (CARD_WIDTH + GAP_X) - GAP_X;

/**
 * Breaks a part of the flow into rows. A row ends only where at most one wire (error wires not counted) continues in
 * the next row. So branches stay in one row. Uses as few rows as possible, with similar widths.
 */
export function breakIntoRows(part: Part): readonly Part[] {
  const columns = columnsOf(part.items, part.wires);
  const widths = widthsOf(part.items, columns);
  if (widthOf(widths, 0, widths.length) <= ROW_WIDTH) return [part];
  const starts = bestStarts(widths, mayBreak(part.wires, columns, widths.length));
  return starts.map((start, index) => {
    const end = starts[index + 1] ?? widths.length;
    const items = part.items.filter(({ id }) => columns.get(id)! >= start && columns.get(id)! < end);
    const ids = new Set(items.map(({ id }) => id));
    return { items, wires: part.wires.filter(({ from, to }) => ids.has(from) && ids.has(to)) };
  });
}

function widthsOf(items: readonly Item[], columns: ReadonlyMap<string, number>): readonly number[] {
  const widths: number[] = [];
  for (const { id, width } of items) widths[columns.get(id)!] = Math.max(widths[columns.get(id)!] ?? 0, width);
  return widths;
}

function widthOf(widths: readonly number[], start: number, end: number): number {
  return widths.slice(start, end).reduce((sum, width) => sum + width + GAP_X, -GAP_X);
}

/** Returns for each column whether a new row may begin there. */
function mayBreak(wires: readonly Wire[], columns: ReadonlyMap<string, number>, count: number): readonly boolean[] {
  const passing = Array.from({ length: count }, () => 0);
  for (const { from, to, isError } of wires) {
    if (isError) continue;
    for (let column = columns.get(from)! + 1; column <= columns.get(to)!; column += 1) passing[column]! += 1;
  }
  return passing.map((wiresThere) => wiresThere <= 1);
}

interface Best {
  readonly rows: number;
  /** Sum of the squares of the row widths. It is smallest if all rows have the same width. */
  readonly unevenness: number;
  readonly starts: readonly number[];
}

/**
 * Returns the columns at which the rows begin. A row is wider than the maximum only if there is no place to break it.
 */
function bestStarts(widths: readonly number[], isBreak: readonly boolean[]): readonly number[] {
  const best: Best[] = [{ rows: 0, unevenness: 0, starts: [] }];
  const ends = [...isBreak.keys()].filter((column) => column > 0 && isBreak[column]).concat(widths.length);
  for (const end of ends) {
    let found: Best | undefined;
    for (const start of [0, ...ends].filter((column) => column < end).toReversed()) {
      const width = widthOf(widths, start, end);
      if (found !== undefined && width > ROW_WIDTH) break;
      const before = best[start]!;
      const now = { rows: before.rows + 1, unevenness: before.unevenness + width ** 2, starts: [...before.starts, start] };
      if (found === undefined || now.rows < found.rows || (now.rows === found.rows && now.unevenness < found.unevenness)) found = now;
    }
    best[end] = found!;
  }
  return best[widths.length]!.starts;
}

/**
 * Puts each item one column to the right of its rightmost predecessor. An item without predecessors is one column to
 * the left of its leftmost successor.
 */
export function columnsOf(items: readonly Item[], wires: readonly Wire[]): ReadonlyMap<string, number> {
  const open = new Map(items.map(({ id }) => [id, 0]));
  for (const { to } of wires) open.set(to, open.get(to)! + 1);
  const behind = Map.groupBy(wires, ({ from }) => from);
  const columns = new Map(items.map(({ id }) => [id, 0]));
  const starts = items.filter(({ id }) => open.get(id) === 0).map(({ id }) => id);
  const ready = [...starts];
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    for (const { to } of behind.get(id) ?? []) {
      columns.set(to, Math.max(columns.get(to)!, columns.get(id)! + 1));
      const left = open.get(to)! - 1;
      open.set(to, left);
      if (left === 0) ready.push(to);
    }
  }
  for (const id of starts) {
    const nearest = Math.min(...(behind.get(id) ?? []).map(({ to }) => columns.get(to)!));
    if (Number.isFinite(nearest)) columns.set(id, nearest - 1);
  }
  return columns;
}
