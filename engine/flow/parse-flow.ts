import { Default } from 'typebox/value';
import type { Issue } from '../contract/errors.ts';
import { FlowDocument } from '../contract/flow-document.ts';
import { migrateFlow } from './migrate-flow.ts';
import { schemaIssues } from './schema-issues.ts';

export interface ParsedFlow {
  /** Present exactly when there is no issue: migrated, with defaults filled in, and no longer tied to what was handed in. */
  readonly flow?: FlowDocument;
  readonly issues: readonly Issue[];
}

/** Reads any JSON value as a flow document. Every breach of the schema is told at once, code FLOW_SCHEMA. */
export function parseFlow(raw: unknown): ParsedFlow {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return { issues: [notAnObject()] };
  const filled = Default(FlowDocument, structuredClone(migrateFlow(raw)));
  const issues = schemaIssues(FlowDocument, filled, 'FLOW_SCHEMA');
  return issues.length === 0 ? { flow: filled as FlowDocument, issues } : { issues };
}

/** The schema of flow documents for other programs: JSON Schema 2020-12. */
export function flowJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...(JSON.parse(JSON.stringify(FlowDocument)) as Record<string, unknown>),
  };
}

function notAnObject(): Issue {
  return {
    path: '',
    code: 'FLOW_SCHEMA',
    severity: 'error',
    message: 'A flow is a JSON object.',
    fix: 'Begin with {"schema": "flow/1", …}.',
  };
}
