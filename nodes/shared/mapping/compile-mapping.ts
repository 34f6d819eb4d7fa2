/**
 * Compiles a mapping document once to closures; a mapping never runs as a script. The file also runs in the browser,
 * for previews.
 */
import { AppError, toIssue, type ErrorValues, type Issue } from '../../../engine/contract/values/errors.ts';
import type { BuildContext, Loop, Scope } from '../../../engine/contract/node/node.ts';
import { compileScopePath, parseFieldPath, type PathStep } from '../../../engine/contract/flow/scope-path.ts';
import type { Mapping, MappingRule, MappingSource } from './mapping-document.ts';
import { valueFunctions } from '../../../engine/functions/value-functions.ts';
import type { ValueFunction } from '../../../engine/functions/value-function.ts';

/** Returns the value for a key in a code table. Throws CODE_UNKNOWN if the key is missing. */
export type Lookup = (table: string, key: string) => string;
/** Builds the target from the scope. Returns a promise of the target if one of the expressions runs in the sandbox. */
export type CompiledMapping = (scope: Scope, lookup: Lookup) => unknown;

const MAX_DEPTH = 16;
const MAX_ITEMS = 100_000;
const MAX_PROBLEMS = 100;

/**
 * Compiles a mapping. Throws MAPPING_INVALID (input), which lists every problem with its JSON Pointer. When the
 * compiled mapping runs on a message, it reports all failing rules at once, each with the path of the rule but never a
 * value: MAP_SOURCE_MISSING if a required value is absent, MAP_FUNCTION_FAILED, or the error of an expression or code
 * table.
 */
export function compileMapping(mapping: Mapping, build: BuildContext): CompiledMapping {
  const compiler: Compiler = { build, issues: [], checksSettings: false };
  const fill = compileRules(mapping.rules, '/rules', 1, compiler);
  if (compiler.issues.length > 0) {
    throw new AppError('MAPPING_INVALID', 'input', `The mapping has ${compiler.issues.length} problem(s): ${compiler.issues[0]!.message}`, {
      values: { count: compiler.issues.length },
      issues: compiler.issues,
      fix: 'Correct the marked rules.',
    });
  }
  return (scope, lookup) => {
    const run: Run = { lookup, problems: [] };
    const target = fill(scope, run);
    return target instanceof Promise ? target.then((value) => finish(value, run)) : finish(target, run);
  };
}

/**
 * Returns every problem that can be found without compiling expressions and conditions, with its JSON Pointer. It also
 * finds wrong fixed settings of functions (date formats, time zones), which `compileMapping` accepts. So mappings that
 * were published before this check existed continue to run.
 */
export function checkMapping(mapping: Mapping): readonly Issue[] {
  const compiler: Compiler = { build: ANY_TEXT, issues: [], checksSettings: true };
  compileRules(mapping.rules, '/rules', 1, compiler);
  return compiler.issues;
}

const ANY_TEXT: BuildContext = { compileExpression: () => () => undefined, compileCondition: () => () => false };

interface Compiler {
  readonly build: BuildContext;
  readonly issues: Issue[];
  readonly checksSettings: boolean;
}

const functions: ReadonlyMap<string, ValueFunction> = new Map(valueFunctions.map((entry) => [entry.name, entry]));

interface Run {
  readonly lookup: Lookup;
  readonly problems: Issue[];
}

type Read = (scope: Scope, run: Run) => unknown;
type Target = Record<string, unknown>;

function finish(target: unknown, run: Run): unknown {
  const first = run.problems[0];
  if (first === undefined) return target;
  throw new AppError(first.code, 'input', `The mapping failed at ${run.problems.length} rule(s): ${first.path} ${first.message}`, {
    values: { ...first.values, rule: first.path },
    issues: run.problems,
    fix: first.fix ?? 'Check the input of this step and correct the rule.',
  });
}

function compileRules(rules: readonly MappingRule[], path: string, depth: number, compiler: Compiler): Read {
  const steps = rules.map((rule, index) => {
    // If another rule writes into this value, copy the value first, because the original belongs to the message.
    const isExtended = rules.some(
      ({ to }, other) => other !== index && to.length > rule.to.length && to.startsWith(rule.to) && '.['.includes(to[rule.to.length]!),
    );
    return compileRule(rule, `${path}/${index}`, depth, isExtended, compiler);
  });
  const goOn = async (pending: Promise<unknown>, next: number, target: Target, scope: Scope, run: Run): Promise<Target> => {
    await pending;
    for (let index = next; index < steps.length; index++) await steps[index]!(target, scope, run);
    return target;
  };
  return (scope, run) => {
    const target: Target = {};
    for (let index = 0; index < steps.length; index++) {
      const pending = steps[index]!(target, scope, run);
      if (pending !== undefined) return goOn(pending, index + 1, target, scope, run);
    }
    return target;
  };
}

type Step = (target: Target, scope: Scope, run: Run) => Promise<void> | undefined;

function compileRule(rule: MappingRule, path: string, depth: number, isExtended: boolean, compiler: Compiler): Step {
  const read = compileSource(rule.from, `${path}/from`, depth, compiler);
  const write = attempt(`${path}/to`, compiler, () => compileTarget(rule.to));
  const when = rule.when === undefined ? undefined : attempt(`${path}/when`, compiler, () => compiler.build.compileCondition(rule.when));
  const settle = (target: Target, found: unknown, run: Run) => {
    const value = found === undefined || found === null ? (rule.default ?? found) : found;
    if (value !== undefined && !(value === null && rule.required)) write!(target, isExtended ? structuredClone(value) : value);
    else if (rule.required) note(run, { path, code: 'MAP_SOURCE_MISSING', message: 'its source is absent', severity: 'error' });
  };
  const fail = (error: unknown, run: Run) => note(run, problemOf(error, path));
  const map: Step = (target, scope, run) => {
    try {
      const found = read(scope, run);
      if (found instanceof Promise) return found.then((value) => settle(target, value, run)).catch((error: unknown) => fail(error, run));
      settle(target, found, run);
    } catch (error) {
      fail(error, run);
    }
    return undefined;
  };
  if (when === undefined) return map;
  return (target, scope, run) => {
    const holds = when(scope);
    if (holds instanceof Promise)
      return holds.then((value) => (value ? map(target, scope, run) : undefined)).catch((error: unknown) => fail(error, run));
    return holds ? map(target, scope, run) : undefined;
  };
}

function note(run: Run, problem: Issue): void {
  if (run.problems.length < MAX_PROBLEMS) run.problems.push(problem);
}

function problemOf(error: unknown, path: string): Issue {
  if (error instanceof AppError) return toIssue(error, path);
  throw error;
}

function attempt<T>(path: string, compiler: Compiler, compile: () => T): T | undefined {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    compiler.issues.push(toIssue(error, path));
    return undefined;
  }
}

function compileSource(source: MappingSource, path: string, depth: number, compiler: Compiler): Read {
  if (depth > MAX_DEPTH)
    return invalid(path, `sources can be nested at most ${MAX_DEPTH} levels deep`, { problem: 'depth', limit: MAX_DEPTH }, compiler);
  if ('path' in source) return attempt(path, compiler, () => compileScopePath(source.path)) ?? nothing;
  if ('expression' in source) return attempt(path, compiler, () => compiler.build.compileExpression(source.expression)) ?? nothing;
  if ('fn' in source) return compileCall(source, path, depth, compiler);
  if ('table' in source) return compileLookup(source, path, depth, compiler);
  if ('each' in source) return compileEach(source, path, depth, compiler);
  const { value } = source;
  return () => value;
}

const nothing: Read = () => undefined;

function invalid(path: string, message: string, values: ErrorValues, compiler: Compiler): Read {
  compiler.issues.push({ path, code: 'MAPPING_INVALID', message, severity: 'error', values });
  return nothing;
}

function argumentValues(name: string, least: number, most: number): ErrorValues {
  return { problem: 'arguments', function: name, least, ...(most === Infinity ? {} : { most }) };
}

function compileCall(source: Extract<MappingSource, { fn: string }>, path: string, depth: number, compiler: Compiler): Read {
  const definition = functions.get(source.fn);
  if (definition === undefined)
    return invalid(path, `there is no function "${source.fn}"`, { problem: 'function', function: source.fn }, compiler);
  const needed = definition.args.filter((entry) => !entry.isOptional).length;
  const most = definition.isVariadic ? Infinity : definition.args.length;
  if (source.args.length < needed || source.args.length > most)
    return invalid(path, `${source.fn} takes ${needed} to ${most} arguments`, argumentValues(source.fn, needed, most), compiler);
  const args = source.args.map((arg, index) => compileSource(arg, `${path}/args/${index}`, depth + 1, compiler));
  const checkCall = compileSettings(definition, source, path, compiler);
  const call = (values: readonly unknown[]) => {
    checkCall?.(values);
    try {
      return definition.run(...values);
    } catch {
      // The function's own message may contain the value, so report only the place.
      throw new AppError('MAP_FUNCTION_FAILED', 'input', `the function ${source.fn} cannot work with its input`, {
        values: { function: source.fn },
      });
    }
  };
  return (scope, run) => {
    const values = args.map((read) => read(scope, run));
    return values.some((value) => value instanceof Promise) ? Promise.all(values).then(call) : call(values);
  };
}

/**
 * Checks the settings of a function call. Fixed settings are checked now, but only if `compiler.checksSettings` is
 * true. For settings that come from the message, it returns a check that runs for each message.
 */
function compileSettings(
  { name, settings }: ValueFunction,
  { args }: Extract<MappingSource, { fn: string }>,
  path: string,
  compiler: Compiler,
): ((values: readonly unknown[]) => void) | undefined {
  if (settings === undefined) return undefined;
  const given = settings.args.map((position) => args[position]);
  if (given.every((arg) => arg === undefined || 'value' in arg)) {
    const fault = compiler.checksSettings ? settings.check(...given.map((arg) => arg?.value)) : undefined;
    if (fault !== undefined) compiler.issues.push({ ...fault, path });
    return undefined;
  }
  return (values) => {
    if (values[0] === undefined || values[0] === null) return;
    const fault = settings.check(...settings.args.map((position) => values[position]));
    if (fault === undefined) return;
    // The setting comes from the message, so its value is not reported.
    throw new AppError('MAP_FUNCTION_FAILED', 'input', `the function ${name} has an argument that it cannot use`, {
      values: { function: name, problem: 'setting' },
      fix: 'Check the field that provides the picture or zone and correct it, or use a fixed value.',
    });
  };
}

function compileLookup(source: Extract<MappingSource, { table: string }>, path: string, depth: number, compiler: Compiler): Read {
  const readKey = compileSource(source.key, `${path}/key`, depth + 1, compiler);
  const find = (key: unknown, run: Run) => {
    if (key === undefined || key === null || key === '') return source.default;
    try {
      return run.lookup(source.table, String(key));
    } catch (error) {
      if (source.default !== undefined && error instanceof AppError && error.code === 'CODE_UNKNOWN') return source.default;
      throw error;
    }
  };
  return (scope, run) => {
    const key = readKey(scope, run);
    return key instanceof Promise ? key.then((value: unknown) => find(value, run)) : find(key, run);
  };
}

function compileEach(source: Extract<MappingSource, { each: MappingSource }>, path: string, depth: number, compiler: Compiler): Read {
  if ((source.rules === undefined) === (source.item === undefined))
    return invalid(path, 'a loop must have either rules or item', { problem: 'loop' }, compiler);
  const readList = compileSource(source.each, `${path}/each`, depth + 1, compiler);
  const readItem = source.rules
    ? compileRules(source.rules, `${path}/rules`, depth + 1, compiler)
    : compileSource(source.item!, `${path}/item`, depth + 1, compiler);
  const when =
    source.when === undefined ? undefined : attempt(`${path}/when`, compiler, () => compiler.build.compileCondition(source.when));
  const loop = (found: unknown, scope: Scope, run: Run): unknown => {
    if (found === undefined || found === null) return undefined;
    const items: readonly unknown[] = Array.isArray(found) ? found : [found];
    if (items.length > MAX_ITEMS)
      throw new AppError('MAP_TOO_MANY_ITEMS', 'input', `a loop can process at most ${MAX_ITEMS} items`, { values: { limit: MAX_ITEMS } });
    const values = items.map((item, index) => {
      const inner = withLoop(scope, item, index);
      const holds = when?.(inner) ?? true;
      return holds instanceof Promise
        ? holds.then((value) => (value ? readItem(inner, run) : undefined))
        : holds
          ? readItem(inner, run)
          : undefined;
    });
    const present = (list: readonly unknown[]) => list.filter((value) => value !== undefined);
    return values.some((value) => value instanceof Promise) ? Promise.all(values).then(present) : present(values);
  };
  return (scope, run) => {
    const found = readList(scope, run);
    return found instanceof Promise ? found.then((value: unknown) => loop(value, scope, run)) : loop(found, scope, run);
  };
}

function withLoop(scope: Scope, item: unknown, index: number): Scope {
  const loop: Loop = scope.loop === undefined ? { item, index } : { item, index, outer: scope.loop };
  const { message, nodes, now, user } = scope;
  return user === undefined ? { message, nodes, now, loop } : { message, nodes, now, loop, user };
}

/**
 * Returns a function that writes a value into the target. It creates missing objects and lists on the path. `a[]`
 * appends.
 */
function compileTarget(to: string): (target: Target, value: unknown) => void {
  const isAppend = to.endsWith('[]');
  const steps = parseFieldPath(isAppend ? to.slice(0, -2) : to);
  if (typeof steps[0] === 'number' || steps.some((step) => typeof step === 'number' && (step < 0 || step > 9999))) {
    throw new AppError(
      'PATH_INVALID',
      'input',
      `The target "${to}" is not valid: it must begin with a field, and positions must be 0 to 9999.`,
      {
        values: { problem: 'target', path: to },
      },
    );
  }
  const last = steps.length - 1;
  const name = steps[0] as string;
  if (last === 0 && !isAppend) {
    return (target, value) => {
      target[name] = value;
    };
  }
  return (target, value) => {
    let current: Record<PathStep, unknown> = target;
    for (let index = 0; index < last; index++) current = enter(current, steps[index]!, typeof steps[index + 1] === 'number');
    if (isAppend) enter(current, steps[last]!, true).push(value);
    else current[steps[last]!] = value;
  };
}

/** Returns the list or object at this step of the path; creates it if there is none. */
function enter(parent: Record<PathStep, unknown>, step: PathStep, isList: true): unknown[];
function enter(parent: Record<PathStep, unknown>, step: PathStep, isList: boolean): Record<PathStep, unknown>;
function enter(parent: Record<PathStep, unknown>, step: PathStep, isList: boolean): unknown {
  const found = Object.hasOwn(parent, step) ? parent[step] : undefined;
  if (typeof found === 'object' && found !== null) {
    if (Array.isArray(found) === isList) return found;
    throw new AppError('MAP_TARGET_CLASH', 'input', `one rule writes a list where another writes an object ("${step}")`, {
      values: { field: String(step) },
    });
  }
  const made = isList ? [] : {};
  parent[step] = made;
  return made;
}
