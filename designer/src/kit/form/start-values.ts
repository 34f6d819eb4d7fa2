/** Initial values of a new row. Pure. */
import { withDefaults } from '../../model/schema/schema-defaults.ts';
import { fieldsOf, kindOf, type FieldSchema } from './field-schema.ts';

/**
 * Returns the initial value of a row: the schema's defaults. An operand starts as a path, so that its editor shows
 * what to enter.
 */
export function startRow(item: FieldSchema): Readonly<Record<string, unknown>> {
  const filled = { ...(withDefaults(item, {}) as Record<string, unknown>) };
  for (const { name, schema } of fieldsOf(item)) {
    if (kindOf(schema) === 'operand' && filled[name] === undefined) filled[name] = { path: 'data' };
  }
  return filled;
}
