/** Breaks what is too long for one row: a chain of twelve nodes is read as a text is, row by row. */
import { CARD_WIDTH, GAP_X, type Box } from '../flow/card-geometry.ts';

/** What is laid out: a card, or the frame of a group with all that is in it. */
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

/** Five cards: what a small screen shows of a flow that can still be read. */
const ROW_WIDTH = 5 * (CARD_WIDTH + GAP_X) - GAP_X;

/**
 * A row ends only where one wire alone goes on (error wires aside, which find their way): branches are never torn apart. As few rows as
 * can be, of about the same length.
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

/** For each column, whether a row may begin with it. */
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
  /** Sum of the squares of the rows' widths: the smaller, the more alike they are. */
  readonly unevenness: number;
  readonly starts: readonly number[];
}

/** The columns with which rows begin. A row is longer than the screen only where it cannot be broken. */
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

/** Each item one column behind the last that leads to it; what nothing leads to, one before the first that it leads to. */
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
