/**
 * Creates the errors for data that violates a JSON Schema. The errors name places and rules, never values. The file is
 * pure.
 */
import { AppError, type Issue } from '../../../engine/contract/values/errors.ts';
import { schemaValues } from '../../../engine/contract/schema/schema-problem.ts';
import { createSchemaTest, type Breach, type JsonSchema } from '../../../engine/schema/compile-schema.ts';

let findFault: ReturnType<typeof createSchemaTest> | undefined;

/** Throws CHECK_SCHEMA_INVALID (input) if the schema cannot be used. */
export function refuseUnusableSchema(schema: JsonSchema): void {
  const fault = (findFault ??= createSchemaTest())(schema);
  if (fault === undefined) return;
  throw new AppError('CHECK_SCHEMA_INVALID', 'input', `The schema cannot be used: ${fault.slice(0, 300)}.`, {
    fix: 'Correct the schema; patterns are RE2 (no look-around, no back references).',
  });
}

export function toCheckIssue(breach: Breach): Issue {
  return {
    path: breach.instancePath,
    code: 'CHECK_SCHEMA',
    message: describe(breach),
    severity: 'error',
    // `field` is left empty, because field names come from the data. Only `path` may contain them.
    values: schemaValues(breach, ''),
  };
}

/** Describes what is expected, using only the schema, so that the message shows no field names of the data. */
function describe({ keyword, message }: Breach): string {
  return keyword === 'additionalProperties' || keyword === 'unevaluatedProperties' ? 'has a field that is not allowed' : message;
}
