/**
 * The problems of a flow: where each of them is, how many a node or field has, and which ones can be found without
 * the server.
 */
import { Type, type TSchema } from 'typebox';
import type { Issue } from '../../../../engine/contract/values/errors.ts';
import type { FlowDocument, FlowNode } from '../../../../engine/contract/flow/flow-document.ts';
import type { NodeDefinition } from '../../../../engine/contract/node/node.ts';
import type { ValidateDeps } from '../../../../engine/flow/validate-deps.ts';
import { schemaIssues } from '../../../../engine/flow/schema-issues.ts';
import { validateFlow } from '../../../../engine/flow/validate-flow.ts';
import type { NodeDescription } from '../../api/operations.ts';
import { fitsSchema } from '../schema/fits-schema.ts';
import type { NodeTypes } from '../flow/node-types.ts';

/**
 * The place to open for a problem. `field` is a JSON Pointer below the node, edge, test or document, for example
 * `/config/path` or `/ingress/lane/key`.
 */
export type ProblemPlace =
  | { readonly kind: 'node'; readonly node: string; readonly field: string }
  | { readonly kind: 'edge'; readonly edge: string; readonly field: string; readonly node?: string }
  | { readonly kind: 'test'; readonly test: number; readonly field: string; readonly node?: string }
  | { readonly kind: 'settings'; readonly field: string; readonly node?: string };

export interface Problem {
  readonly issue: Issue;
  readonly place: ProblemPlace;
}

export interface Problems {
  /** All problems: errors first, then warnings, each in the order of the flow. */
  readonly all: readonly Problem[];
  readonly errors: number;
  readonly warnings: number;
  ofNode(id: string): readonly Problem[];
  ofEdge(id: string): readonly Problem[];
  /** Returns the problems of a field of a node (such as `/config/query`) and of all its parts. */
  ofField(node: string, field: string): readonly Problem[];
  /** Returns the problems of the flow's settings and tests. `field` is a JSON Pointer into the document. */
  ofSettings(field: string): readonly Problem[];
}

const NONE: readonly Problem[] = [];

/**
 * Assigns issues to their places. `document` is the document that was checked, because the pointers contain positions
 * of nodes in it.
 */
export function collectProblems(issues: readonly Issue[], document: FlowDocument): Problems {
  const found = issues.map((issue) => ({ issue, place: placeOfIssue(issue, document) }));
  const all = [...found.filter(({ issue }) => issue.severity === 'error'), ...found.filter(({ issue }) => issue.severity === 'warning')];
  const byNode = Map.groupBy(all, ({ place }) => ('node' in place ? place.node : undefined));
  const byEdge = Map.groupBy(all, ({ place }) => (place.kind === 'edge' ? place.edge : undefined));
  const errors = found.filter(({ issue }) => issue.severity === 'error').length;
  return {
    all,
    errors,
    warnings: all.length - errors,
    ofNode: (id) => byNode.get(id) ?? NONE,
    ofEdge: (id) => byEdge.get(id) ?? NONE,
    ofField: (node, field) => (byNode.get(node) ?? NONE).filter(({ place }) => place.kind === 'node' && isWithin(place.field, field)),
    ofSettings: (field) =>
      all.filter(({ issue, place }) => (place.kind === 'settings' || place.kind === 'test') && isWithin(issue.path, field)),
  };
}

/**
 * Returns which node and field to open. If the issue has the node's id, the id is used, because the node's position
 * may have changed.
 */
export function placeOfIssue(issue: Issue, document: FlowDocument): ProblemPlace {
  const [, part, at, ...rest] = issue.path.split('/');
  const field = rest.length === 0 ? '' : `/${rest.join('/')}`;
  const about = issue.node === undefined ? {} : { node: issue.node };
  if (part === 'nodes' && at !== undefined) {
    const node = issue.node ?? document.nodes[Number(at)]?.id;
    if (node !== undefined) return { kind: 'node', node, field };
  }
  if (part === 'edges' && at !== undefined) {
    const edge = document.edges[Number(at)]?.id;
    if (edge !== undefined) return { kind: 'edge', edge, field, ...about };
  }
  if (part === 'tests' && at !== undefined) return { kind: 'test', test: Number(at), field, ...about };
  if (issue.node !== undefined && issue.path === '') return { kind: 'node', node: issue.node, field: '' };
  return { kind: 'settings', field: issue.path, ...about };
}

function isWithin(field: string, outer: string): boolean {
  return field === outer || field.startsWith(`${outer}/`);
}

/** Facts about the installation, all optional. A check is skipped if a fact that it needs is missing. */
export type QuickChecks = Omit<ValidateDeps, 'nodes'>;

export interface ProblemChecks {
  /**
   * Runs the engine's checks in the browser. The checks that a node type makes itself (`check`) are left out, because
   * only the server has them. For some nodes, the effect depends on the configuration; it is unknown here, so issues
   * that depend on it are left out too.
   */
  quick(document: FlowDocument): readonly Issue[];
  /**
   * Returns the problems of the current document. If the server has checked exactly this document, these are its
   * issues. Otherwise they are the local issues, and those issues of the server's last check that only the server can
   * find and whose nodes have not changed.
   */
  current(document: FlowDocument, told: ServerIssues | undefined): readonly Issue[];
  /**
   * Checks at most `count` configurations that are not checked yet. Returns true if none is left. Should be called
   * while the browser is idle after a large flow was opened, so that the first call of `quick` does not take long.
   */
  prepare(document: FlowDocument, count: number): boolean;
}

/**
 * Creates the checks for one set of node types. They remember which documents and configurations were checked, so that
 * a check after an edit is fast.
 */
export function createProblemChecks(types: NodeTypes, checks: QuickChecks = {}): ProblemChecks {
  const configs = new WeakMap<FlowNode['config'], { readonly type: string; readonly issues: readonly Issue[] }>();
  const definitions = new Map(types.list.map((type) => [type.name, definitionLike(type, types)]));
  const deps: ValidateDeps = { ...checks, nodes: { get: (name) => definitions.get(name), list: () => [...definitions.values()] } };

  const configIssues = (node: FlowNode): readonly Issue[] => {
    const type = types.get(node.type);
    if (type === undefined || node.disabled === true) return [];
    const kept = configs.get(node.config);
    if (kept?.type === node.type) return kept.issues;
    const issues = schemaIssues(type.config as TSchema, types.fullConfig(node), 'FLOW_CONFIG', '', fitsSchema);
    configs.set(node.config, { type: node.type, issues });
    return issues;
  };
  const checked = new WeakMap<FlowDocument, readonly Issue[]>();
  const quick = (document: FlowDocument): readonly Issue[] => {
    const found = checked.get(document) ?? check(document);
    checked.set(document, found);
    return found;
  };
  const check = (document: FlowDocument): readonly Issue[] => {
    const unsure = document.nodes.filter((node) => types.get(node.type)?.effect === 'depends-on-config');
    const isUnsure = new Set(unsure.map(({ id }) => id));
    // Only nodes without an adapter may be pure, and then need no mock.
    const mayBePure = new Set(unsure.filter((node) => types.get(node.type)?.adapter === undefined).map(({ id }) => id));
    const ofConfigs = document.nodes.flatMap((node, index) =>
      configIssues(node).map((issue) => ({ ...issue, path: `/nodes/${index}/config${issue.path}`, node: node.id })),
    );
    const filled = { ...document, nodes: document.nodes.map((node) => ({ ...node, config: types.fullConfig(node) })) };
    const others = validateFlow(filled, deps).filter(
      ({ code, node = '', values }) =>
        !(code === 'FLOW_RETRY_UNSAFE' && isUnsure.has(node)) &&
        !(code === 'FLOW_TEST' && values?.['problem'] === 'not-mocked' && mayBePure.has(node)),
    );
    return [...ofConfigs, ...others];
  };
  const prepare = (document: FlowDocument, count: number): boolean => {
    const open = document.nodes.filter((node) => configs.get(node.config)?.type !== node.type && types.get(node.type) !== undefined);
    open.slice(0, count).forEach(configIssues);
    return open.length <= count;
  };
  return { quick, current: (document, told) => currentIssues(document, told, quick), prepare };
}

/** Issues from the server, and the document that it checked. */
export interface ServerIssues {
  readonly document: FlowDocument;
  readonly issues: readonly Issue[];
}

function currentIssues(
  document: FlowDocument,
  told: ServerIssues | undefined,
  quick: (document: FlowDocument) => readonly Issue[],
): readonly Issue[] {
  if (told !== undefined && isSameContent(told.document, document)) return told.issues;
  const found = quick(document);
  if (told === undefined) return found;
  const foundBefore = new Set(quick(told.document).map(keyOf));
  const before = new Map(told.document.nodes.map((node) => [node.id, node]));
  const positions = new Map(document.nodes.map((node, index) => [node, index]));
  const kept = told.issues.flatMap((issue) => {
    const node = foundBefore.has(keyOf(issue)) ? undefined : before.get(issue.node ?? '');
    const index = node === undefined ? undefined : positions.get(node);
    return index === undefined ? [] : [{ ...issue, path: issue.path.replace(/^\/nodes\/\d+/, `/nodes/${index}`) }];
  });
  return [...found, ...kept];
}

function isSameContent(a: FlowDocument, b: FlowDocument): boolean {
  if (a === b) return true;
  return (Object.keys({ ...a, ...b }) as (keyof FlowDocument)[]).every(
    (name) => name === 'revision' || name === 'layout' || a[name] === b[name],
  );
}

const ANYTHING = Type.Object({});

function keyOf({ code, path, node }: Issue): string {
  return `${code} ${path} ${node ?? ''}`;
}

/**
 * Returns a node definition for the engine's checks. It has the data of the description; its functions cannot be
 * called.
 */
function definitionLike(type: NodeDescription, types: NodeTypes): NodeDefinition {
  const cannotRun = () => {
    throw new TypeError('A described node cannot run.');
  };
  const { type: name, major, category, icon, text, expressions, ports } = type;
  // Accept any configuration here, because configurations are checked separately and their issues are cached.
  const described = { type: name, major, category, icon, text, config: ANYTHING, expressions };
  const adapter = type.adapter === undefined ? {} : { adapter: type.adapter };
  switch (type.kind) {
    case 'trigger':
      return {
        ...described,
        ...adapter,
        kind: 'trigger',
        ports: { in: [], out: ports.out },
        ...(type.listens === true ? { listen: cannotRun } : {}),
        ...(type.canReply === true ? { canReply: true } : {}),
      };
    case 'control':
      return {
        ...described,
        kind: 'control',
        role: type.role ?? 'route',
        ports: {
          in: ports.in,
          out: ports.dependOnConfig ? (config) => types.outPorts({ type: type.name, config }) ?? ports.out : ports.out,
        },
        prepare: cannotRun,
      };
    case 'action':
      return {
        ...described,
        ...adapter,
        kind: 'action',
        ports,
        effect: type.effect === 'depends-on-config' ? () => 'write' : (type.effect ?? 'pure'),
        prepare: cannotRun,
      };
  }
}
