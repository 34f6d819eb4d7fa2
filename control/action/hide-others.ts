/**
 * Hides the objects of other domains in errors. An error may name the objects that prevent an action. A person without
 * the domains of these objects only learns that there are such objects.
 */
import { AppError, toIssue, type ErrorValues, type Issue } from '../../engine/contract/values/errors.ts';
import type { DomainScope } from '../access/domains.ts';
import type { Owners } from './owners.ts';

interface Named {
  /** Name of the error value that holds the ids. They are separated by English or Chinese commas. */
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
  NAMED_BY_INTERFACES: [{ value: 'interfaces', kind: 'interface' }],
  SECRET_IN_USE: [{ value: 'adapters', kind: 'adapter' }],
  REPLY_NOT_FITTING: [{ value: 'interfaceId', kind: 'interface' }],
};

/** Returns the error and its issues without the objects that this person may not see. */
export async function hideOthers(error: unknown, scope: DomainScope, owners: Owners): Promise<unknown> {
  if (scope.only === undefined || !(error instanceof AppError)) return error;
  if (await namesOthers(error, scope, owners)) return hidden(error.code);
  const issues = await hideOthersIn(error.issues, scope, owners);
  if (issues.every((issue, index) => issue === error.issues[index])) return error;
  const { code, kind, message, values, fix, cause } = error;
  return new AppError(code, kind, message, { values, issues, cause, ...(fix === undefined ? {} : { fix }) });
}

/** Returns the issues, in their original order, without the objects that this person may not see. */
export async function hideOthersIn(issues: readonly Issue[], scope: DomainScope, owners: Owners): Promise<readonly Issue[]> {
  const shown: Issue[] = [];
  for (const issue of issues) {
    const { code, path, severity, node } = issue;
    const isHidden = scope.only !== undefined && (await namesOthers(issue, scope, owners));
    shown.push(isHidden ? { ...toIssue(hidden(code), path), severity, ...(node === undefined ? {} : { node }) } : issue);
  }
  return shown;
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

/** Texts for some codes that say more than the general text below. They reveal nothing about the hidden objects. */
const SAID: Readonly<Record<string, { readonly message: string; readonly fix: string }>> = {
  LISTENER_CLASH: { message: 'A flow of another domain already listens on this address.', fix: 'Use another adapter or port.' },
};

function hidden(code: string): AppError {
  const { message, fix } = SAID[code] ?? {
    message: 'This conflicts with something outside your domains.',
    fix: 'Ask someone who has all domains.',
  };
  return new AppError(code, 'input', message, { values: { problem: 'others' }, fix });
}
