import { AppError, toIssue, type Issue } from './errors.ts';

/**
 * Runs the work of one configuration field. The issues of an error then say that it concerns this field, or a place
 * inside it.
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

/** The same issues, with paths relative to the whole instead of a part. */
export function issuesWithin(pointer: string, issues: readonly Issue[]): readonly Issue[] {
  return issues.map((issue) => ({ ...issue, path: `${pointer}${issue.path}` }));
}
