import { AppError, toIssue, type Issue } from './errors.ts';

/**
 * Runs `work`, which concerns one configuration field. If it throws an AppError, the error is thrown again with issues
 * that name this field, or a place inside it.
 */
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

/** Returns the issues with paths relative to the whole value, instead of to the part at `pointer`. */
export function issuesWithin(pointer: string, issues: readonly Issue[]): readonly Issue[] {
  return issues.map((issue) => ({ ...issue, path: `${pointer}${issue.path}` }));
}
