import type { Issue } from '../contract/errors.ts';
import type { FlowDocument } from '../contract/flow-document.ts';
import { checkExpression, checkNodes } from './check-nodes.ts';
import { checkGraph } from './check-graph.ts';
import { checkTests } from './check-tests.ts';
import type { ValidateDeps } from './validate-deps.ts';
import { viewGraph, type GraphView } from './graph-view.ts';

const DAY_SEC = 86_400;
const DEFAULT_RETAIN_DAYS = 30;

/**
 * Every problem of a parsed flow at once, errors first. Nothing with an error may be published; warnings are shown.
 * Pure: what it must know of the installation it is handed in.
 */
export function validateFlow(flow: FlowDocument, deps: ValidateDeps): readonly Issue[] {
  const view = viewGraph(flow, (type) => deps.nodes.get(type));
  const issues = [
    ...checkNodes(view, deps),
    ...checkGraph(view),
    ...checkIngress(view, deps),
    ...checkTables(view, deps),
    ...checkTests(view),
  ];
  return [...issues.filter((issue) => issue.severity === 'error'), ...issues.filter((issue) => issue.severity === 'warning')];
}

/** True when nothing forbids to publish. */
export function isPublishable(issues: readonly Issue[]): boolean {
  return issues.every((issue) => issue.severity !== 'error');
}

function checkIngress(view: GraphView, deps: ValidateDeps): Issue[] {
  const { ingress, recording } = view.document;
  const texts: [path: string, text: string][] = Object.entries(ingress?.keys ?? {}).map(([name, text]) => [`/ingress/keys/${name}`, text]);
  if (ingress?.dedupe !== undefined) texts.push(['/ingress/dedupe/key', ingress.dedupe.key]);
  if (ingress?.lane !== undefined) texts.push(['/ingress/lane/key', ingress.lane.key]);
  const issues: Issue[] = texts.flatMap(([path, text]) =>
    checkExpression(view, text, deps).map((problem) => ({ path, severity: 'error' as const, ...problem })),
  );
  const retainSec = (recording?.retainDays ?? DEFAULT_RETAIN_DAYS) * DAY_SEC;
  if (ingress?.dedupe !== undefined && ingress.dedupe.windowSec > retainSec) {
    issues.push({
      path: '/recording/retainDays',
      code: 'FLOW_RETENTION_TOO_SHORT',
      severity: 'error',
      message: `Executions are kept for ${retainSec / DAY_SEC} days, which is shorter than the dedupe window of ${ingress.dedupe.windowSec} s: a repeated message would run again.`,
      values: {
        retainDays: retainSec / DAY_SEC,
        windowSec: ingress.dedupe.windowSec,
        needDays: Math.ceil(ingress.dedupe.windowSec / DAY_SEC),
      },
      fix: `Keep them for at least ${Math.ceil(ingress.dedupe.windowSec / DAY_SEC)} days, or shorten the window.`,
    });
  }
  return issues;
}

/** Fields named `table` anywhere in a configuration are names of code tables. */
function checkTables(view: GraphView, deps: ValidateDeps): Issue[] {
  const { hasTable } = deps;
  if (hasTable === undefined) return [];
  return [...view.nodes.values(), ...view.repeated].flatMap(({ node, index }) =>
    tablesIn(node.config, `/nodes/${index}/config`)
      .filter(({ table }) => !hasTable(table))
      .map(({ path, table }) => ({
        path,
        code: 'FLOW_TABLE_UNKNOWN',
        severity: 'warning' as const,
        node: node.id,
        message: `There is no code table "${table}".`,
        values: { table },
        fix: 'Create it, or correct its name.',
      })),
  );
}

function tablesIn(value: unknown, path: string): { readonly path: string; readonly table: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) =>
    name === 'table' && typeof field === 'string' ? [{ path: `${path}/${name}`, table: field }] : tablesIn(field, `${path}/${name}`),
  );
}
