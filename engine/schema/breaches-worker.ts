/** The thread that does the work of `createBreachList`. */
import { serveTasks } from '../threads/serve-tasks.ts';
import type { BreachTask } from './create-breach-list.ts';
import { compileAllBreaches, type Breaches, type JsonSchema } from './compile-schema.ts';
import { keepLast } from './keep-last.ts';

const validatorOf = keepLast(50, (key) => {
  const { text, coerces } = JSON.parse(key) as BreachTask['schema'];
  return compileAllBreaches(JSON.parse(text) as JsonSchema, coerces);
});

serveTasks<BreachTask, Breaches>(({ source, schema: { text, coerces }, most }) => {
  const value = source instanceof Uint8Array ? (JSON.parse(new TextDecoder().decode(source)) as unknown) : source.value;
  return validatorOf(JSON.stringify({ text, coerces }))(value, most);
});
