import { Compile } from 'typebox/compile';
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
