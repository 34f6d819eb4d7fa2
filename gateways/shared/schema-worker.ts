/** Runs in the thread of `createSchemaTrial`. */
import { measureSchema } from '../../engine/contract/schema/schema-bounds.ts';
import { schemaExcessText } from '../../engine/contract/schema/schema-excess-texts.ts';
import { createSchemaTest, type JsonSchema } from '../../engine/schema/compile-schema.ts';
import { serveTasks } from '../../engine/threads/serve-tasks.ts';
import type { SchemaProblem } from './create-schema-trial.ts';

const findFault = createSchemaTest();

function findProblem(schema: JsonSchema): SchemaProblem | undefined {
  const { excess } = measureSchema(schema);
  if (excess !== undefined) return { costly: schemaExcessText(excess) };
  const invalid = findFault(schema);
  return invalid === undefined ? undefined : { invalid };
}

/** Checks the schemas in sequence, so that `step` tells which schema took too much. */
serveTasks<string, readonly (SchemaProblem | undefined)[]>((schemas, { step }) =>
  (JSON.parse(schemas) as readonly JsonSchema[]).map((schema, index) => {
    step(index);
    return findProblem(schema);
  }),
);
