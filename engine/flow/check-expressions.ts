import { AppError, toIssue, type ErrorValues, type Issue } from '../contract/values/errors.ts';
import type { NodeDefinition } from '../contract/node/node.ts';
import { labelOf, nodeIssue } from './node-issue.ts';
import { reachable, roleAt, type GraphView, type NodeView } from './graph-view.ts';
import { nodeTexts, type NodeText } from './node-texts.ts';
import type { ValidateDeps } from './validate-deps.ts';

interface Problem {
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
  readonly values?: ErrorValues;
}

/**
 * Finds texts of a node that do not compile, or that read the output of a node that has no output yet at that point.
 */
export function checkNodeTexts(view: GraphView, item: NodeView, definition: NodeDefinition, deps: ValidateDeps): Issue[] {
  const place = placeOf(view, item);
  return nodeTexts(item.config, definition).flatMap((text) => {
    const broken = text.kind === 'expression' ? compileProblem(text.text, deps) : undefined;
    const problems = broken === undefined ? readProblems(view, text, place) : [broken];
    // Only warn about scripts: the name may be in a comment of the script.
    const severity = text.kind === 'script' ? 'warning' : 'error';
    return problems.map(({ code, message, fix, values }) => nodeIssue(item, `/config${text.path}`, code, message, fix, severity, values));
  });
}

/**
 * Checks an expression of the ingress. It is evaluated before any node has run, so it must not read the output of a
 * node.
 */
export function checkIngressExpression(view: GraphView, text: string, deps: ValidateDeps): Problem[] {
  const broken = compileProblem(text, deps);
  if (broken !== undefined) return [broken];
  return readsOf({ path: '', text, kind: 'expression' }, view).map((read) =>
    view.nodes.has(read)
      ? problem('node-ingress', `The expression is evaluated before any node runs, so ${nameIn(view, read)} has no output yet.`, {
          target: nameIn(view, read),
        })
      : unknownNode(read),
  );
}

function compileProblem(text: string, deps: ValidateDeps): Problem | undefined {
  try {
    deps.checkExpression?.(text);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof AppError)) throw thrown;
    const { path: _path, severity: _severity, ...told } = toIssue(thrown, '');
    return { ...told, code: 'FLOW_EXPRESSION' };
  }
}

/**
 * The position of a node: which nodes run before it, and which run only after it. For some nodes this is only partly
 * known.
 */
interface ReadingPlace {
  readonly id: string;
  /** Returns undefined if any node may have run before: after a catch node, or where edges are missing. */
  readonly before: () => ReadonlySet<string> | undefined;
  readonly after: () => ReadonlySet<string>;
}

function placeOf(view: GraphView, { node }: NodeView): ReadingPlace {
  let before: { readonly ids: ReadonlySet<string> | undefined } | undefined;
  let after: ReadonlySet<string> | undefined;
  return {
    id: node.id,
    before: () => (before ??= { ids: nodesBefore(view, node.id) }).ids,
    after: () => (after ??= new Set([...reachable(view, [node.id])].filter((id) => id !== node.id))),
  };
}

function nodesBefore(view: GraphView, start: string): ReadonlySet<string> | undefined {
  const seen = new Set<string>();
  const queue = [start];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const edges = view.edgesTo.get(id) ?? [];
    // A catch node may run after any failed node. A node without incoming edges is not connected yet, which is
    // reported elsewhere.
    if (edges.length === 0 && roleAt(view, id) !== 'trigger') return undefined;
    for (const { from } of edges) {
      if (seen.has(from.node)) continue;
      seen.add(from.node);
      queue.push(from.node);
    }
  }
  return seen;
}

function readProblems(view: GraphView, text: NodeText, place: ReadingPlace): Problem[] {
  return readsOf(text, view).flatMap((read) => {
    if (!view.nodes.has(read)) return [unknownNode(read)];
    // The flow has a cycle, so it is not known which nodes run earlier. The cycle is reported elsewhere.
    if (view.order === undefined) return [];
    const target = nameIn(view, read);
    if (read === place.id) return [problem('node-itself', 'The node reads its own output, which does not exist yet.', {})];
    if (place.after().has(read)) return [problem('node-later', `It reads the output of "${target}", which runs later.`, { target })];
    const before = place.before();
    if (before === undefined || before.has(read)) return [];
    return [problem('node-elsewhere', `It reads the output of "${target}", which is not on the way to this node.`, { target })];
  });
}

function unknownNode(id: string): Problem {
  const message = `The expression reads the node ${id}, which is not in this flow.`;
  return { code: 'FLOW_EXPRESSION', message, values: { problem: 'node-unknown', missing: id } };
}

function problem(kind: string, message: string, values: ErrorValues): Problem {
  return { code: 'FLOW_EXPRESSION', message, values: { problem: kind, ...values }, fix: 'Read a node that runs before this one.' };
}

function nameIn(view: GraphView, id: string): string {
  const item = view.nodes.get(id);
  return item === undefined ? id : labelOf(item);
}

const QUOTED = /\bnodes\s*(?:\.\s*`(n_[A-Za-z0-9_-]{1,60})`|\[\s*(['"])(n_[A-Za-z0-9_-]{1,60})\2\s*\])/g;
const BARE = /\bnodes\s*\.\s*(n_[A-Za-z0-9_]{1,60})/g;
const IN_PATH = /(?:^|\{)\s*nodes\.`?(n_[A-Za-z0-9_-]{1,60})/g;

/** Returns the ids of the nodes that a text reads by name. */
function readsOf({ text, kind }: NodeText, view: GraphView): readonly string[] {
  if (kind === 'path' || kind === 'template') return distinct(text.matchAll(IN_PATH), 1);
  const quoted = Array.from(text.matchAll(QUOTED), ([, ticked, , inBrackets]) => ticked ?? inBrackets!);
  // Without backticks, a hyphen may belong to the id or be a minus sign. So ignore a name that may be the start of an
  // existing id.
  const bare = distinct(text.matchAll(BARE), 1).filter((id) => view.nodes.has(id) || !hasLonger(view, id));
  return [...new Set([...quoted, ...bare])];
}

function hasLonger(view: GraphView, id: string): boolean {
  return [...view.nodes.keys()].some((known) => known.startsWith(`${id}-`));
}

function distinct(matches: Iterable<RegExpExecArray>, group: number): readonly string[] {
  return [...new Set(Array.from(matches, (match) => match[group]!))];
}
