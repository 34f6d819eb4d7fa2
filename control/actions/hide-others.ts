/** A refusal may name what is in the way. To a person of other domains it says only that something is. */
import { AppError, toIssue, type ErrorValues, type Issue } from '../../engine/contract/errors.ts';
import type { DomainScope } from './domains.ts';
import type { Owners } from './owners.ts';

interface Named {
  /** The value that holds the ids, separated by a comma of either language. */
  readonly value: string;
  readonly kind: Exclude<keyof Owners, 'waiter'>;
}

const NAMED: Readonly<Record<string, readonly Named[]>> = {
  LISTENER_CLASH: [{ value: 'other', kind: 'flow' }],
  INTERFACE_ROUTE_CLASH: [{ value: 'interfaceId', kind: 'interface' }],
  FLOW_IN_USE: [
    { value: 'interfaces', kind: 'interface' },
    { value: 'flows', kind: 'flow' },
  ],
  ADAPTER_IN_USE: [{ value: 'flows', kind: 'flow' }],
  TABLE_IN_USE: [{ value: 'flows', kind: 'flow' }],
  SECRET_IN_USE: [{ value: 'adapters', kind: 'adapter' }],
  REPLY_NOT_FITTING: [{ value: 'interfaceId', kind: 'interface' }],
};

/** The error as this person may read it, with each of its issues. */
export async function hideOthers(error: unknown, scope: DomainScope, owners: Owners): Promise<unknown> {
  if (scope.only === undefined || !(error instanceof AppError)) return error;
  if (await namesOthers(error, scope, owners)) return hidden(error.code);
  const issues: Issue[] = [];
  for (const issue of error.issues) {
    const isHidden = await namesOthers(issue, scope, owners);
    issues.push(isHidden ? { ...toIssue(hidden(issue.code), issue.path), severity: issue.severity } : issue);
  }
  if (issues.every((issue, index) => issue === error.issues[index])) return error;
  const { code, kind, message, values, fix, cause } = error;
  return new AppError(code, kind, message, { values, issues, cause, ...(fix === undefined ? {} : { fix }) });
}

interface Coded {
  readonly code: string;
  readonly values?: ErrorValues;
}

async function namesOthers({ code, values = {} }: Coded, scope: DomainScope, owners: Owners): Promise<boolean> {
  for (const { value, kind } of NAMED[code] ?? []) {
    const ids = String(values[value] ?? '').split(/[,、]\s*/);
    for (const id of ids.filter((one) => one !== '')) {
      const { domains } = await owners[kind](id);
      if (domains?.every((domain) => scope.holds(domain)) !== true) return true;
    }
  }
  return false;
}

function hidden(code: string): AppError {
  return new AppError(code, 'input', 'Something outside your domains is in the way.', {
    values: { problem: 'others' },
    fix: 'Ask a person who has all domains.',
  });
}
