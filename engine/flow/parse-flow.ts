import type { Issue } from '../contract/values/errors.ts';
import { FlowDocument } from '../contract/flow/flow-document.ts';
import { isRecord } from '../contract/values/is-record.ts';
import { migrateFlow } from './migrate-flow.ts';
import { withDefaults } from './with-defaults.ts';
import { schemaIssues, type Fits } from './schema-issues.ts';

export interface ParsedFlow {
  /** The document: migrated, with defaults, and independent of the input object. Set exactly if there is no issue. */
  readonly flow?: FlowDocument;
  readonly issues: readonly Issue[];
  /**
   * The document as far as it can be read: migrated, with defaults where possible. Set if there are issues; absent if
   * the input is not an object.
   */
  readonly refused?: Readonly<Record<string, unknown>>;
}

/** Reads any JSON value as a flow document. Returns all violations of the schema at once, with the code FLOW_SCHEMA. */
export function parseFlow(raw: unknown, fits?: Fits): ParsedFlow {
  if (!isRecord(raw)) return { issues: [notAnObject()] };
  const filled = filledFlow(raw);
  const issues = schemaIssues(FlowDocument, filled, 'FLOW_SCHEMA', '', fits);
  return issues.length === 0 ? { flow: filled as FlowDocument, issues } : { issues, refused: filled as Readonly<Record<string, unknown>> };
}

/** Returns the document without listing issues; undefined if it does not match the schema. */
export function readFlow(raw: unknown, fits: Fits): FlowDocument | undefined {
  if (!isRecord(raw)) return undefined;
  const filled = filledFlow(raw);
  return fits(FlowDocument, filled) ? (filled as FlowDocument) : undefined;
}

/**
 * Returns a migrated copy with defaults. Copying through JSON is twice as fast as a structured clone, and the data is
 * JSON anyway.
 */
export function filledFlow(raw: Readonly<Record<string, unknown>>): unknown {
  return withDefaults(FlowDocument, withDrawableLayout(JSON.parse(JSON.stringify(migrateFlow(raw)))));
}

/**
 * Removes groups and notes without an id. Earlier versions had no schema for them and did not draw them, so such
 * documents must stay valid. Groups and notes with an id are checked like everything else.
 */
function withDrawableLayout(flow: unknown): unknown {
  const { layout } = flow as { readonly layout?: unknown };
  if (typeof layout !== 'object' || layout === null) return flow;
  const { groups, notes } = layout as { readonly groups?: unknown; readonly notes?: unknown };
  const drawable = { groups: identified(groups, 'group_'), notes: identified(notes, 'note_') };
  return { ...(flow as object), layout: { ...layout, ...drawable } };
}

function identified(list: unknown, prefix: string): unknown {
  if (!Array.isArray(list)) return list;
  return list.filter((item: unknown) => String((item as { readonly id?: unknown } | null)?.id).startsWith(prefix));
}

/** Returns the schema of flow documents for other programs, as JSON Schema 2020-12. */
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
    message: 'A flow must be a JSON object.',
    values: { problem: 'not-an-object' },
    fix: 'Begin with {"schema": "flow/1", …}.',
  };
}
