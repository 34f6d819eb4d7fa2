import { Compile } from 'typebox/compile';
import { isEcho, nameProblem, schemaValues } from '../../engine/contract/schema/schema-problem.ts';
import type { Issue } from '../../engine/contract/values/errors.ts';
import { isPlainPattern } from '../../engine/contract/values/plain-text.ts';
import type { Action } from './action.ts';

type Check = ReturnType<typeof Compile<Action['input']>>;

const checks = new WeakMap<Action, Check>();

/** Returns the validator of an action's input. It is compiled on first use, so that the process starts sooner. */
export function inputCheck(action: Action): Check {
  const known = checks.get(action);
  if (known !== undefined) return known;
  const made = Compile(action.input);
  checks.set(action, made);
  return made;
}

/**
 * Returns up to 200 problems of an input, each with its path behind `place`; that of a missing field is where it would
 * be. Leaves out the second issue that the validator adds for an unknown field of a closed object.
 */
export function inputIssues(action: Action, input: unknown, place = ''): readonly Issue[] {
  return [...inputCheck(action).Errors(input)]
    .filter((error) => !isEcho(error))
    .flatMap((error): Issue[] => {
      const path = `${place}${error.instancePath}`;
      if (error.keyword === 'required') return error.params.requiredProperties.map((name) => missing(`${path}/${name}`, name));
      return [{ path, code: 'INPUT_INVALID', message: messageOf(error), severity: 'error', values: schemaValues(error) }];
    })
    .slice(0, 200);
}

export function missing(path: string, field: string): Issue {
  return { path, code: 'INPUT_INVALID', message: 'is missing', severity: 'error', values: { problem: 'required', field } };
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly message: string;
  readonly params: object;
}

function messageOf(error: SchemaError): string {
  const { message, params } = error;
  const wrongName = nameProblem(error);
  if (wrongName !== undefined) return wrongName;
  if ('pattern' in params && isPlainPattern(params.pattern))
    return 'must not contain control characters or characters that change the text direction';
  return message === 'schema is false' ? 'is not known here' : message;
}
