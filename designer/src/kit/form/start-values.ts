/** What a new row begins with. Pure. */
import { withDefaults } from '../../model/schema/schema-defaults.ts';
import { fieldsOf, kindOf, type FieldSchema } from './field-schema.ts';

/** The schema's defaults; an operand begins as an empty path, so that its editor shows what is to be filled in. */
export function startRow(item: FieldSchema): Readonly<Record<string, unknown>> {
  const filled = { ...(withDefaults(item, {}) as Record<string, unknown>) };
  for (const { name, schema } of fieldsOf(item)) {
    if (kindOf(schema) === 'operand' && filled[name] === undefined) filled[name] = { path: 'data' };
  }
  return filled;
}
