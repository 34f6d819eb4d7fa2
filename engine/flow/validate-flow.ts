import type { Issue } from '../contract/values/errors.ts';
import { fieldKind } from '../contract/values/field-kind.ts';
import type { FlowDocument, FlowNode } from '../contract/flow/flow-document.ts';
import { isRecord } from '../contract/values/is-record.ts';
import type { NodeDefinition } from '../contract/node/node.ts';
import { pointerStep } from '../contract/schema/schema-problem.ts';
import { checkIngress } from './check-ingress.ts';
import { checkNodes } from './check-nodes.ts';
import { checkGraph } from './check-graph.ts';
import { checkTests } from './check-tests.ts';
import type { ValidateDeps } from './validate-deps.ts';
import { viewGraph, type GraphView } from './graph-view.ts';

/**
 * Returns every problem of a parsed flow, errors first. A flow with errors cannot be published; warnings are only
 * shown. Pure: facts about the installation are passed in.
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

/** Returns true if no issue prevents publishing. */
export function isPublishable(issues: readonly Issue[]): boolean {
  return issues.every((issue) => issue.severity !== 'error');
}

/**
 * Checks all references to code tables: fields that the node type marks as a table, and look-ups `{table, key}` of a
 * mapping.
 */
function checkTables(view: GraphView, deps: ValidateDeps): Issue[] {
  const { hasTable } = deps;
  if (hasTable === undefined) return [];
  return [...view.nodes.values(), ...view.repeated].flatMap(({ node, index, definition }) =>
    [...tableFields(node.config, definition, `/nodes/${index}/config`), ...lookUps(node.config, `/nodes/${index}/config`)]
      .filter(({ table }) => !hasTable(table))
      .map(({ path, table }) => ({
        path,
        code: 'FLOW_TABLE_UNKNOWN',
        severity: 'error' as const,
        node: node.id,
        message: `There is no code table "${table}".`,
        values: { table },
        fix: 'Create it, or correct its name.',
      })),
  );
}

interface TableName {
  readonly path: string;
  readonly table: string;
}

function tableFields(config: FlowNode['config'], definition: NodeDefinition | undefined, path: string): TableName[] {
  return Object.entries(definition?.config.properties ?? {}).flatMap(([name, schema]) => {
    const table = config[name];
    return fieldKind(schema) === 'code-table' && typeof table === 'string' ? [{ path: path + pointerStep(name), table }] : [];
  });
}

function lookUps(value: unknown, path: string): TableName[] {
  if (typeof value !== 'object' || value === null) return [];
  const isLookUp = isRecord(value) && typeof value['table'] === 'string' && isRecord(value['key']);
  const own = isLookUp ? [{ path: `${path}/table`, table: String(value['table']) }] : [];
  return [...own, ...Object.entries(value).flatMap(([name, field]) => lookUps(field, path + pointerStep(name)))];
}
