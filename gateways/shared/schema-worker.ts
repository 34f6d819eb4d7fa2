/** The thread behind `createSchemaTrial`. */
import { serveTasks } from '../../engine/threads/serve-tasks.ts';
import { createSchemaCheck, type JsonSchema, type SchemaProblem } from './compile-schema.ts';

const find = createSchemaCheck();

serveTasks<readonly JsonSchema[], readonly (SchemaProblem | undefined)[]>((schemas, { step }) =>
  schemas.map((schema, index) => {
    step(index);
    return find(schema);
  }),
);
