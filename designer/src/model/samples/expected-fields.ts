/** Reads the fields that a receiver expects, from an example or a JSON Schema (2020-12), for the target tree. */
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import type { TargetField } from '../../../../nodes/shared/mapping/mapping-document.ts';
import type { OfferedShapes } from './offered-shapes.ts';
import { shapeOf, type Shape } from '../schema/sample-shape.ts';
import { isFieldName, joinField } from '../mapping/mapping-paths.ts';

const MOST_FIELDS = 5000;
const DEPTH = 20;

type Json = Readonly<Record<string, unknown>>;

/** Returns the expected fields. A value with JSON Schema keywords is a schema; any other value is an example. */
export function expectedFields(value: unknown): readonly TargetField[] {
  const fields: TargetField[] = [];
  if (isSchema(value)) ofSchema('', value, value, false, 0, fields);
  else ofShape('', shapeOf(value), fields);
  return fields.slice(0, MOST_FIELDS);
}

export function isSchema(value: unknown): value is Json {
  return isRecord(value) && ('$schema' in value || (isRecord(value['properties']) && (value['type'] === 'object' || 'required' in value)));
}

/**
 * Returns the schemas that the data must fit at the next nodes: the schema of a JSON Schema check, or that of the
 * operation that a node calls.
 */
export function schemasBehind(
  { nodes, edges }: FlowDocument,
  offered: OfferedShapes,
  nodeId: string,
): readonly { readonly label: string; readonly schema: Json }[] {
  const next = new Set(edges.filter(({ from }) => from.node === nodeId && from.port !== 'error').map(({ to }) => to.node));
  return nodes.flatMap(({ id, type, label, config }) => {
    const schema = type.startsWith('check.json-schema@') ? config['schema'] : offered.get(id)?.takes;
    return next.has(id) && isRecord(schema) ? [{ label: label || id, schema }] : [];
  });
}

function ofShape(path: string, { types, fields = [], items }: Shape, found: TargetField[]): void {
  const [type] = types;
  if (path !== '' && !path.endsWith('[]')) found.push({ to: path, ...(type === undefined || type === 'null' ? {} : { type }) });
  for (const { name, shape } of fields) if (isFieldName(name)) ofShape(joinField(path, name), shape, found);
  if (items !== undefined && path !== '') ofShape(`${path}[]`, items, found);
  // The target of a mapping is always an object. If the example is a list, use the fields of its items.
  else if (items !== undefined) ofShape('', items, found);
}

function ofSchema(path: string, schema: Json, root: Json, isRequired: boolean, depth: number, found: TargetField[]): void {
  const here = resolved(schema, root);
  const type = typeOf(here);
  if (path !== '' && !path.endsWith('[]'))
    found.push({ to: path, ...(type === undefined ? {} : { type }), ...(isRequired ? { required: true } : {}) });
  if (depth >= DEPTH || found.length >= MOST_FIELDS) return;
  const required = Array.isArray(here['required']) ? (here['required'] as unknown[]) : [];
  for (const [name, field] of Object.entries(isRecord(here['properties']) ? here['properties'] : {})) {
    if (isFieldName(name) && isRecord(field)) ofSchema(joinField(path, name), field, root, required.includes(name), depth + 1, found);
  }
  if (path !== '' && isRecord(here['items'])) ofSchema(`${path}[]`, here['items'], root, false, depth + 1, found);
}

/** Returns the schema that a `$ref` names. Only references within the same schema are followed. */
function resolved(schema: Json, root: Json): Json {
  const reference = schema['$ref'];
  if (typeof reference !== 'string' || !reference.startsWith('#/')) return schema;
  const target = reference
    .slice(2)
    .split('/')
    .reduce<unknown>((value, step) => (isRecord(value) ? value[step.replaceAll('~1', '/').replaceAll('~0', '~')] : undefined), root);
  return isRecord(target) ? target : schema;
}

function typeOf({ type, properties }: Json): TargetField['type'] {
  const [name] = (Array.isArray(type) ? (type as unknown[]) : [type]).filter((one) => one !== 'null');
  switch (name) {
    case 'object':
    case 'number':
    case 'boolean':
      return name;
    case 'integer':
      return 'number';
    case 'array':
      return 'list';
    case 'string':
      return 'text';
    default:
      return isRecord(properties) ? 'object' : undefined;
  }
}
