import type { Issue } from '../../engine/contract/values/errors.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import type { Registry } from '../registry/registry.ts';
import { listsOf } from './ip-lists.ts';

/**
 * Finds what an interface names and cannot use: it does not exist, or it belongs to another domain. Both look the same,
 * so that an issue reveals nothing about other domains.
 */
export async function findUnknownNames({ ipLists }: Pick<Registry, 'ipLists'>, document: InterfaceDocument): Promise<readonly Issue[]> {
  const issues: Issue[] = [];
  for (const [i, listId] of listsOf(document).entries()) {
    const list = await ipLists.get(listId);
    if (list === undefined || (list.domain !== undefined && list.domain !== document.domain))
      issues.push(unknown(`/policies/ip-list/lists/${i}`, listId));
  }
  return issues;
}

function unknown(path: string, id: string): Issue {
  return {
    path,
    code: 'INTERFACE_NAMES_UNKNOWN',
    severity: 'error',
    message: `There is no ${id} that this interface could use.`,
    values: { id },
    fix: 'Choose one of the page Security.',
  };
}
