import { AppError, toIssue, type Issue } from './errors.ts';

/** Does the work of one field of a configuration: an error says in its issues that it is about this field, or about what lies in it. */
export function atField<T>(pointer: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const issues = error.issues.length === 0 ? [toIssue(error, pointer)] : issuesWithin(pointer, error.issues);
    const { code, kind, message, values, fix, text } = error;
    const told = { values, issues, cause: error, ...(fix === undefined ? {} : { fix }), ...(text === undefined ? {} : { text }) };
    throw new AppError(code, kind, message, told);
  }
}

/** The same issues, found in a part of what is checked. */
export function issuesWithin(pointer: string, issues: readonly Issue[]): readonly Issue[] {
  return issues.map((issue) => ({ ...issue, path: `${pointer}${issue.path}` }));
}
