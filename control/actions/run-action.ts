/**
 * The one place where an action runs: right -> input -> audit intent -> do -> audit result (design page 3, section 3).
 * What is not allowed here is allowed nowhere; what is not written here did not happen.
 */
import { Compile } from 'typebox/compile';
import type { Permission } from '../../engine/contract/access.ts';
import { AppError, toErrorRecord, type Issue } from '../../engine/contract/errors.ts';
import { schemaValues } from '../../engine/contract/schema-problem.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { Action, ActionContext, Actor, AuditNote } from './action.ts';
import { isAllowed } from './permissions.ts';

export interface RunOptions {
  readonly signal?: AbortSignal;
  /** Why, in the person's own words; goes into the audit line. */
  readonly reason?: string;
  readonly progress?: (event: Readonly<Record<string, unknown>>) => void;
}

export type RunAction = (name: string, input: unknown, actor: Actor, options?: RunOptions) => Promise<unknown>;

/** Answers the function that runs actions by name. The input of each is compiled once, when it is first asked for: a process starts sooner. */
export function createRunAction(actions: readonly Action[], audit: AuditLog): RunAction {
  const byName = new Map(
    actions.map((action) => [action.name, { action, input: undefined as ReturnType<typeof Compile<Action['input']>> | undefined }]),
  );
  if (byName.size !== actions.length) throw new AppError('CONTROL_ACTION_TWICE', 'bug', 'Two actions carry the same name.');

  return async (name, input, actor, options = {}) => {
    const found = byName.get(name);
    if (found === undefined) throw new AppError('CONTROL_ACTION_UNKNOWN', 'bug', `There is no action ${name}.`, { values: { name } });
    const { action } = found;
    checkRight(action, actor);
    const expected = (found.input ??= Compile(action.input));
    if (!expected.Check(input)) throw invalidInput([...expected.Errors(input)]);

    const note: AuditNote = {};
    const subject = action.subject?.(input);
    if (subject !== undefined) note.subject = subject;
    const ctx = createContext(actor, note, options);
    if (!action.audited) return action.run(ctx, input);
    const intent = await audit.intent({ action: name, actor, subject: note.subject, reason: options.reason });
    try {
      const output = await action.run(ctx, input);
      await audit.result(intent, { outcome: 'done', note });
      return output;
    } catch (error) {
      await audit.result(intent, { outcome: toErrorRecord(error).code, note });
      throw error;
    }
  };
}

function checkRight(action: Action, actor: Actor): void {
  if (actor.mustChangePassword === true && action.right !== 'self') {
    throw new AppError('PASSWORD_CHANGE_REQUIRED', 'input', 'The one-time password must be changed first.', {
      fix: 'Change it by POST /api/v1/me/password, in the console or with `kangqiao login`.',
    });
  }
  if (action.right !== 'self' && action.right !== 'member') requireRight(actor, action.right);
}

function requireRight(actor: Actor, permission: Permission): void {
  if (isAllowed(actor, permission)) return;
  throw new AppError('PERMISSION_DENIED', 'input', `This takes the right ${permission}, which your roles do not give.`, {
    values: { permission },
    fix: 'Ask the system administrator for a role that holds it.',
  });
}

function createContext(actor: Actor, note: AuditNote, options: RunOptions): ActionContext {
  return {
    actor,
    note,
    signal: options.signal ?? new AbortController().signal,
    progress: options.progress ?? (() => {}),
    require: (permission) => requireRight(actor, permission),
  };
}

interface SchemaError {
  readonly keyword: string;
  readonly instancePath: string;
  readonly message: string;
  readonly params: object;
}

/** Every problem at once, each with its path; the echo of a closed object's own complaint is left out. */
function invalidInput(errors: readonly SchemaError[]): AppError {
  const issues: Issue[] = errors
    .filter((error) => error.keyword !== 'additionalProperties')
    .slice(0, 200)
    .map((error) => ({
      path: error.instancePath,
      code: 'INPUT_INVALID',
      message: error.message === 'schema is false' ? 'is not known here' : error.message,
      severity: 'error',
      values: schemaValues(error),
    }));
  return new AppError('INPUT_INVALID', 'input', `The input has ${issues.length} problem(s).`, {
    values: { count: issues.length },
    issues,
    fix: 'Change what the issues name and send it again.',
  });
}
