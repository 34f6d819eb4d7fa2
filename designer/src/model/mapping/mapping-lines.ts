/** Lines from rows of the source to rows of the target, and how they are drawn. */
import { ConditionRule, type Operand } from '../../../../engine/contract/flow/expression-types.ts';
import { fitsSchema } from '../schema/fits-schema.ts';
import { absolutePath, loopScopes, pathsInExpression, type IsList, type LoopScope } from './mapping-paths.ts';
import { readsOf } from './source-chain.ts';
import { allNodes, isLoop, type TargetNode } from './target-tree.ts';

export interface MappingLine {
  /** Path of the source's row. */
  readonly source: string;
  /** Key of the target's row. */
  readonly target: string;
  readonly kind: 'value' | 'loop' | 'condition';
  /** True if the value is not copied as it is: functions, code tables or an expression change it. */
  readonly isWorked: boolean;
}

/**
 * Returns the lines, at most one for each pair of a source row and a target row. If a value and a condition of a rule
 * read the same row, there is only the line of the value.
 */
export function linesOf(root: TargetNode, isList: IsList): readonly MappingLine[] {
  const lines = new Map<string, MappingLine>();
  for (const node of allNodes(root)) {
    const loops = loopScopes(node.eaches, isList);
    for (const line of linesOfNode(node, loops)) {
      const key = `${line.source}\n${line.target}`;
      if (!lines.has(key)) lines.set(key, line);
    }
  }
  return [...lines.values()];
}

/** Returns the paths of all rows that rules read. */
export function readRows(lines: readonly MappingLine[]): readonly string[] {
  return [...new Set(lines.map(({ source }) => source))];
}

function linesOfNode(node: TargetNode, loops: readonly LoopScope[]): readonly MappingLine[] {
  const { key: target, rules, loop } = node;
  const line = (path: string, kind: MappingLine['kind'], isWorked: boolean): readonly MappingLine[] => {
    const source = absolutePath(path, loops);
    return source === undefined ? [] : [{ source, target, kind, isWorked }];
  };
  const values = rules.flatMap(({ rule }) => {
    const { from } = rule;
    return readsOf(from).flatMap(({ path }) => line(path, isLoop(from) ? 'loop' : 'value', !('path' in (isLoop(from) ? from.each : from))));
  });
  const item = loop?.source.item;
  const items = item === undefined ? [] : readsOf(item).flatMap(({ path }) => line(path, 'value', !('path' in item)));
  const conditions = [...rules.map(({ rule }) => rule.when), loop?.source.when].flatMap((when) =>
    when === undefined || !fitsSchema(ConditionRule, when)
      ? []
      : readsOfCondition(when as ConditionRule).flatMap((path) => line(path, 'condition', true)),
  );
  return [...values, ...items, ...conditions];
}

function readsOfCondition(rule: ConditionRule): readonly string[] {
  if ('all' in rule) return rule.all.flatMap(readsOfCondition);
  if ('any' in rule) return rule.any.flatMap(readsOfCondition);
  if ('not' in rule) return readsOfCondition(rule.not);
  return [rule.left, rule.right].flatMap((operand) => (operand === undefined ? [] : readsOfOperand(operand)));
}

function readsOfOperand(operand: Operand): readonly string[] {
  if ('path' in operand) return [operand.path];
  return 'expression' in operand ? pathsInExpression(operand.expression) : [];
}

export interface Pane {
  readonly scrollTop: number;
  readonly height: number;
}

export interface DrawnLine {
  readonly line: MappingLine;
  readonly fromY: number;
  readonly toY: number;
  /** True if one end is scrolled out of view. The line then ends at the edge of the tree. */
  readonly isCut: boolean;
}

/**
 * Returns the lines to draw: those of which at least one end is visible. If rows are folded, several lines may connect
 * the same two visible rows; these are drawn as one.
 */
export function drawLines(
  lines: readonly MappingLine[],
  rows: { readonly source: (path: string) => number | undefined; readonly target: (key: string) => number | undefined },
  panes: { readonly source: Pane; readonly target: Pane; readonly rowHeight: number },
): readonly DrawnLine[] {
  const drawn = new Map<string, DrawnLine>();
  for (const line of lines) {
    const from = rows.source(line.source);
    const to = rows.target(line.target);
    if (from === undefined || to === undefined) continue;
    const source = placeOf(from, panes.source, panes.rowHeight);
    const target = placeOf(to, panes.target, panes.rowHeight);
    if (!source.isSeen && !target.isSeen) continue;
    const key = `${from} ${to}`;
    if (!drawn.has(key)) drawn.set(key, { line, fromY: source.y, toY: target.y, isCut: !source.isSeen || !target.isSeen });
  }
  return [...drawn.values()];
}

function placeOf(row: number, { scrollTop, height }: Pane, rowHeight: number): { readonly y: number; readonly isSeen: boolean } {
  const y = row * rowHeight + rowHeight / 2 - scrollTop;
  return { y: Math.min(height, Math.max(0, y)), isSeen: y >= 0 && y <= height };
}
