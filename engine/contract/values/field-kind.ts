/**
 * Decides which editor a configuration field gets. Usually the field's JSON Schema is enough; otherwise the schema
 * names the editor with the keyword `editor` (`fieldEditor` in `texts.ts`). Pure, so that the designer and the guard
 * test use the same function.
 */
import { isRecord } from './is-record.ts';

/** Editors that a schema must name. docs/add-a-node.md explains each. */
export const EDITORS = [
  'adapter',
  'body',
  'branch-names',
  'branches',
  'code-table',
  'condition',
  'cron',
  'data-path',
  'domain',
  'domains',
  'duration-ms',
  'duration-sec',
  'expression',
  'field-path',
  'files',
  'flow',
  'headers',
  'hl7-path',
  'hl7-type',
  'interface',
  'ip-lists',
  'json',
  'json-schema',
  'long-text',
  'mapping',
  'media-type',
  'operand',
  'optional-group',
  'ports',
  'rule-sets',
  'script',
  'secret',
  'service',
  'size-bytes',
  'template',
  'text-both',
  'time-zone',
] as const;
export type FieldEditor = (typeof EDITORS)[number];

/**
 * Editors that follow from the schema. `choice`: one of several fixed values. `choices`: a list of fixed values.
 * `texts`: a list of strings. `pairs`: names with string values. `rows`: a list of objects. `group`: one object. For
 * `texts` and `pairs`, the schema of the strings may name the editor of each string.
 */
export type PlainKind = 'switch' | 'number' | 'text' | 'choice' | 'choices' | 'texts' | 'pairs' | 'rows' | 'group';
export type FieldKind = FieldEditor | PlainKind;

type Schema = Readonly<Record<string, unknown>>;

/**
 * Returns the editor of a field. Returns undefined if the schema does not decide it; such a field may be shown as
 * JSON.
 */
export function fieldKind(schema: unknown): FieldKind | undefined {
  if (!isRecord(schema)) return undefined;
  const editor = EDITORS.find((name) => name === schema['editor']);
  if (editor !== undefined) return editor;
  if (literalsOf(schema) !== undefined) return 'choice';
  switch (schema['type']) {
    case 'boolean':
      return 'switch';
    case 'integer':
    case 'number':
      return 'number';
    case 'string':
      return 'text';
    case 'array':
      return listKind(schema['items']);
    case 'object':
      return objectKind(schema);
    default:
      return undefined;
  }
}

/** Returns the values to choose from; undefined if the schema is not a choice between literals. */
export function literalsOf(schema: unknown): readonly (string | number | boolean)[] | undefined {
  if (!isRecord(schema)) return undefined;
  const members = schema['anyOf'];
  if (!Array.isArray(members) || members.length === 0) return undefined;
  const values = members.map((member: unknown) => (isRecord(member) ? member['const'] : undefined));
  return values.every((value) => typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') ? values : undefined;
}

/** Returns the schema of the values of a `pairs` field; undefined for other fields. */
export function pairValuesOf(schema: unknown): unknown {
  if (!isRecord(schema)) return undefined;
  const patterns = schema['patternProperties'];
  return isRecord(patterns) ? Object.values(patterns)[0] : undefined;
}

function listKind(items: unknown): FieldKind | undefined {
  if (!isRecord(items)) return undefined;
  if (literalsOf(items) !== undefined) return 'choices';
  if (items['type'] === 'string') return 'texts';
  return items['type'] === 'object' && isRecord(items['properties']) ? 'rows' : undefined;
}

function objectKind(schema: Schema): FieldKind | undefined {
  if (isRecord(schema['properties'])) return 'group';
  const values = pairValuesOf(schema);
  return isRecord(values) && values['type'] === 'string' ? 'pairs' : undefined;
}
