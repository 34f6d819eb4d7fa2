/** Runs a mapping on one sample with the engine's compiler. Rules that fail are left out and reported. */
import { AppError, type Issue } from '../../../../engine/contract/values/errors.ts';
import { createMessage } from '../../../../engine/contract/values/message.ts';
import type { BuildContext, Scope } from '../../../../engine/contract/node/node.ts';
import { checkMapping, compileMapping, type CompiledMapping, type Lookup } from '../../../../nodes/shared/mapping/compile-mapping.ts';
import type { Mapping, MappingRule, MappingSource } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { ruleAt, rulePointer, withPart } from './mapping-places.ts';
import { stepsOf } from './mapping-paths.ts';
import { nodesOnWay, type TargetNode } from './target-tree.ts';

export interface MappingSample {
  readonly data: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly keys?: Readonly<Record<string, string>>;
  readonly nodes: Readonly<Record<string, unknown>>;
}

export interface PreviewTable {
  readonly entries: Readonly<Record<string, string>>;
  readonly fallback?: string;
}

export interface MappingPreview {
  /** The output of the rules that do not fail. */
  readonly output: unknown;
  /**
   * Problems of the rules; their pointers refer to the mapping. The engine would produce no output if there is any
   * problem.
   */
  readonly problems: readonly Issue[];
}

const MOST_ROUNDS = 200;

export async function previewMapping(
  mapping: Mapping,
  sample: MappingSample,
  tables: Readonly<Record<string, PreviewTable>>,
  build: BuildContext,
): Promise<MappingPreview> {
  const scope = scopeOf(sample);
  const lookup = lookupIn(tables);
  const problems = new Map<string, Issue>();
  let now = mapping;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const found = await attempt(now, build, (run) => run(scope, lookup));
    if ('output' in found) return { output: found.output, problems: [...problems.values()] };
    const issues = found.issues.filter(({ path }) => ruleAt(now, rulePointer(path)) !== undefined);
    for (const issue of found.issues) problems.set(`${issue.path} ${issue.code}`, issue);
    if (issues.length === 0) break;
    now = issues.reduce((kept, { path }) => withoutRule(kept, rulePointer(path)), now);
  }
  return { output: undefined, problems: [...problems.values()] };
}

async function attempt(
  mapping: Mapping,
  build: BuildContext,
  run: (compiled: CompiledMapping) => unknown,
): Promise<{ readonly output: unknown } | { readonly issues: readonly Issue[] }> {
  const issues = checkMapping(mapping);
  if (issues.length > 0) return { issues };
  try {
    return { output: await run(compileMapping(mapping, build)) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { issues: error.issues ?? [] };
  }
}

/**
 * Replaces a rule by a rule that writes nothing. The rule is not removed, so that the pointers to the other rules stay
 * valid.
 */
function withoutRule(mapping: Mapping, pointer: string): Mapping {
  const rule = ruleAt(mapping, pointer);
  // Replace also the target path of the rule, because the compiler rejects a path that cannot be parsed.
  return rule === undefined ? mapping : withPart(mapping, pointer, { to: LEFT_OUT, from: { value: undefined } });
}
const LEFT_OUT = 'x';

function scopeOf({ data, headers = {}, keys = {}, nodes }: MappingSample): Scope {
  return { message: createMessage(data, { headers, keys }), nodes, now: Date.now() };
}

function lookupIn(tables: Readonly<Record<string, PreviewTable>>): Lookup {
  return (table, key) => {
    const known = Object.hasOwn(tables, table) ? tables[table] : undefined;
    const value = known !== undefined && Object.hasOwn(known.entries, key) ? known.entries[key] : known?.fallback;
    if (value !== undefined) return value;
    throw new AppError('CODE_UNKNOWN', 'input', `Code table "${table}" does not know this code and has no fallback.`, {
      values: { table },
    });
  };
}

/** Returns the code tables that rules use. */
export function tablesOf(value: unknown): readonly string[] {
  const found = new Set<string>();
  const visit = (part: unknown) => {
    if (Array.isArray(part)) part.forEach(visit);
    else if (typeof part === 'object' && part !== null) {
      if ('table' in part && typeof part.table === 'string' && 'key' in part && part.table !== '') found.add(part.table);
      Object.values(part).forEach(visit);
    }
  };
  visit(value);
  return [...found].toSorted();
}

/**
 * Returns the part of the output that belongs to a row of the target tree. For the items of a list, this is the first
 * item.
 */
export function outputAt(output: unknown, root: TargetNode, key: string): unknown {
  return nodesOnWay(root, key).reduce<unknown>((value, node) => {
    if (typeof value !== 'object' || value === null) return undefined;
    switch (node.kind) {
      case 'field':
        return Object.hasOwn(value, node.name) ? (value as Record<string, unknown>)[node.name] : undefined;
      case 'position':
        return Array.isArray(value) ? (value as unknown[])[Number(node.name.slice(1, -1))] : undefined;
      case 'append':
        return Array.isArray(value) ? (value as unknown[]).at(-1) : undefined;
      case 'items':
        return Array.isArray(value) ? (value as unknown[])[0] : undefined;
      case 'unreadable':
        return undefined;
    }
  }, output);
}

/** Groups problems by target row. A problem belongs to the row of the innermost rule that contains it. */
export function problemsByRow(root: TargetNode, problems: readonly Issue[]): ReadonlyMap<string, readonly Issue[]> {
  const rows = new Map<string, string>();
  const visit = (node: TargetNode) => {
    for (const { pointer } of node.rules) rows.set(pointer, node.key);
    node.children.forEach(visit);
  };
  root.children.forEach(visit);
  const found = new Map<string, Issue[]>();
  for (const problem of problems) {
    const key = rows.get(rulePointer(problem.path));
    if (key !== undefined) found.set(key, [...(found.get(key) ?? []), problem]);
  }
  return found;
}

/**
 * Returns a mapping whose output contains the value of each source. Inside loops, this is the value for the first item.
 */
export function sourcesMapping(sources: readonly MappingSource[], eaches: readonly MappingSource[]): Mapping {
  const rules: readonly MappingRule[] = sources.map((from, index) => ({ to: `v${index}`, from }));
  return { rules: eaches.toReversed().reduce<readonly MappingRule[]>((inner, each) => [{ to: 'v', from: { each, rules: inner } }], rules) };
}

export function sourcesOutput(output: unknown, count: number, eaches: readonly MappingSource[]): readonly unknown[] {
  const inner = eaches.reduce<unknown>((value) => (value as { readonly v?: readonly unknown[] } | undefined)?.v?.[0], output);
  return Array.from({ length: count }, (_, index) => (inner as Readonly<Record<string, unknown>> | undefined)?.[`v${index}`]);
}

export function valueAtRow({ data, headers, keys, nodes }: Readonly<Partial<Record<keyof MappingSample, unknown>>>, path: string): unknown {
  const roots: Readonly<Record<string, unknown>> = { data, headers, keys, nodes };
  return (stepsOf(path) ?? []).reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step) ? (value as Record<string, unknown>)[step] : undefined,
    roots,
  );
}
