/**
 * The tree of everything that a mapping can read: the parts of the sample, and paths that rules name but the sample
 * lacks.
 */
import { joinField, stepsOf, type IsList } from './mapping-paths.ts';
import { paths, shapeOf, type Shape, type ShapePath, type ShapeType } from '../schema/sample-shape.ts';

export interface SourceRoot {
  readonly path: string;
  /** The sample; undefined if none is known. */
  readonly sample: unknown;
  /** Label of the node that provides the data. */
  readonly note?: string;
}

export interface SourceNode {
  /**
   * Key of the row. It is the path by which a rule outside all loops reads the row. The row of a list's items has the
   * path of the first item: `data.orders[0].code`.
   */
  readonly path: string;
  /** The name of the row; `[0]` for the items of a list. */
  readonly name: string;
  readonly note?: string;
  readonly types: readonly ShapeType[];
  readonly example?: string | number | boolean;
  /** True if the sample does not contain this part, but a rule reads it. */
  readonly isAbsent: boolean;
  /** True if some items lack this part. */
  readonly isOptional: boolean;
  /** True if the sample contains more parts than the tree shows. */
  readonly isCut: boolean;
  readonly children: readonly SourceNode[];
}

interface Part {
  readonly place: Omit<SourceNode, 'children'>;
  readonly children: Part[];
}

/** Returns the tree. `read` are the paths of rows that rules read; they get a row even if the sample lacks them. */
export function sourceTree(roots: readonly SourceRoot[], read: readonly string[]): readonly SourceNode[] {
  const parts: Part[] = [];
  const byPath = new Map<string, Part>();
  for (const root of roots) parts.push(partOfRoot(root, byPath));
  for (const path of read) addAbsent(path, parts, byPath);
  return parts.map(finish);
}

export function allSources(nodes: readonly SourceNode[]): readonly SourceNode[] {
  return nodes.flatMap((node) => [node, ...allSources(node.children)]);
}

export function isListSource({ types }: Pick<SourceNode, 'types'>): boolean {
  return types.includes('list');
}

export function hasPlainItems(node: SourceNode): boolean {
  const items = node.children.find(({ name }) => name === '[0]');
  return items !== undefined && !items.types.includes('object') && !items.types.includes('list') && !items.isAbsent;
}

/** Returns whether a row is a list; undefined if unknown. */
export function listsOf(nodes: readonly SourceNode[]): IsList {
  const byPath = new Map(allSources(nodes).map((node) => [node.path, node]));
  return (path) => {
    const node = byPath.get(path);
    return node === undefined || node.isAbsent || node.types.length === 0 ? undefined : isListSource(node);
  };
}

function partOfRoot({ path, sample, note }: SourceRoot, byPath: Map<string, Part>): Part {
  const noted = note === undefined ? {} : { note };
  const shape: Shape = sample === undefined ? { types: [] } : shapeOf(sample);
  const way: Part[] = [];
  for (const place of paths(shape, path)) {
    const part: Part = { place: { ...placeOf(place), ...(place.depth === 0 ? { name: path, ...noted } : {}) }, children: [] };
    way[place.depth] = part;
    if (place.depth > 0) way[place.depth - 1]?.children.push(part);
    byPath.set(place.path, part);
  }
  return way[0]!;
}

function placeOf({ path, name, shape, isOptional }: ShapePath): Part['place'] {
  const { types, example, isCut = false } = shape;
  return { path, name, types, isAbsent: false, isOptional, isCut, ...(example === undefined ? {} : { example }) };
}

function addAbsent(path: string, roots: Part[], byPath: Map<string, Part>): void {
  const [root = '', ...rest] = stepsOf(path) ?? [];
  const isNode = root === 'nodes' && rest.length > 0;
  const begin = isNode ? joinField('nodes', String(rest[0])) : String(root);
  const siblings = byPath.get(begin);
  let here = siblings ?? absent(begin, begin, byPath);
  if (siblings === undefined) roots.push(here);
  for (const step of isNode ? rest.slice(1) : rest) {
    const name = typeof step === 'number' ? '[0]' : step;
    const next = typeof step === 'number' ? `${here.place.path}[0]` : joinField(here.place.path, step);
    const found = byPath.get(next);
    const part = found ?? absent(next, name, byPath);
    if (found === undefined) here.children.push(part);
    here = part;
  }
}

function absent(path: string, name: string, byPath: Map<string, Part>): Part {
  const part: Part = { place: { path, name, types: [], isAbsent: true, isOptional: false, isCut: false }, children: [] };
  byPath.set(path, part);
  return part;
}

/** Returns the finished node. If the sample lacks the part, its type is derived from how the rules use it. */
function finish({ place, children }: Part): SourceNode {
  const isList = children.some((child) => child.place.name === '[0]');
  const types: readonly ShapeType[] = place.isAbsent && children.length > 0 ? [isList ? 'list' : 'object'] : place.types;
  return { ...place, types, children: children.map(finish) };
}
