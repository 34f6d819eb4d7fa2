import type { JsonStep } from '../documents/object-locator.ts';
import { foldName } from './found.ts';

/** The steps of several locators, merged so that one pass over a text finds the places of all. */
export interface JsonPlan {
  readonly paths: readonly (readonly JsonStep[])[];
  /** One tree, or several where `[*]` and an index belong to the same list. Each tree is one pass. */
  readonly roots: readonly JsonNode[];
  /** True if the places of absent fields are wanted, to fill values in. */
  readonly fills: boolean;
}

/** Numbers of locators are their positions in `JsonPlan.paths`. */
export interface JsonNode {
  /** The number of steps that lead here. */
  readonly step: number;
  /** The locators that lead through this node or end here. */
  readonly below: number[];
  readonly ends: number[];
  /** By name, or by index as text. A JSON Pointer token may be both. */
  readonly children: Map<string, JsonNode>;
  all: JsonNode | undefined;
  /** True if a locator wants a name here that is no index, or an index that is no name. */
  wantsName: boolean;
  wantsIndex: boolean;
  /** The locators whose innermost list is here. */
  readonly listOf: number[];
  /** The names of the children as the most lenient readers compare them, and the lengths that these have. */
  readonly folded: Map<string, string>;
  readonly lengths: Set<number>;
  /** Names of children that some readers take for each other. */
  readonly clashing: Set<string>;
}

export function planJson(paths: JsonPlan['paths'], fills = false): JsonPlan {
  const roots: JsonNode[] = [];
  for (const [number, steps] of paths.entries()) {
    let root = roots.find((candidate) => fits(candidate, steps));
    if (root === undefined) roots.push((root = createNode(0)));
    insert(root, steps, number);
  }
  return { paths, roots, fills };
}

function createNode(step: number): JsonNode {
  return {
    ...{ step, below: [], ends: [], children: new Map(), all: undefined, wantsName: false, wantsIndex: false },
    ...{ listOf: [], folded: new Map(), lengths: new Set(), clashing: new Set() },
  };
}

function fits(root: JsonNode, steps: readonly JsonStep[]): boolean {
  let node: JsonNode | undefined = root;
  for (const step of steps) {
    if (node === undefined) return true;
    if (step === 'all' ? [...node.children.keys()].some(isIndex) : step.index !== undefined && node.all !== undefined) return false;
    node = step === 'all' ? node.all : node.children.get(keyOf(step));
  }
  return true;
}

function isIndex(key: string): boolean {
  return /^\d+$/.test(key);
}

function keyOf({ name, index }: Exclude<JsonStep, 'all'>): string {
  return name ?? String(index);
}

function insert(root: JsonNode, steps: readonly JsonStep[], number: number): void {
  const lastAll = steps.lastIndexOf('all');
  let node = root;
  for (const [at, step] of steps.entries()) {
    node.below.push(number);
    if (step === 'all') {
      if (at === lastAll) node.listOf.push(number);
      node = node.all ??= createNode(at + 1);
      continue;
    }
    if (step.name === undefined) node.wantsIndex = true;
    if (step.index === undefined) node.wantsName = true;
    const key = keyOf(step);
    const child = node.children.get(key) ?? createNode(at + 1);
    node.children.set(key, child);
    addFolded(node, key);
    node = child;
  }
  node.below.push(number);
  node.ends.push(number);
}

function addFolded({ folded, lengths, clashing }: JsonNode, name: string): void {
  const fold = foldName(name);
  const other = folded.get(fold);
  if (other !== undefined && other !== name) clashing.add(name).add(other);
  folded.set(fold, name);
  lengths.add(fold.length);
}
