import type { Issue } from '../../engine/contract/values/errors.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import type { Registry } from '../registry/registry.ts';
import { listsOf } from './ip-lists.ts';
import { optionsOfObjects } from './object-options.ts';

type Named = 'ipLists' | 'services' | 'objectRules' | 'interfaces';

/**
 * Finds what an interface names and cannot use: it does not exist, or it belongs to another domain. Both look the same,
 * so that an issue reveals nothing about other domains.
 */
export async function findUnknownNames(registry: Pick<Registry, Named>, document: InterfaceDocument): Promise<readonly Issue[]> {
  const { ipLists, services } = registry;
  const issues: Issue[] = [...(await unknownOfObjects(registry, document))];
  for (const [i, listId] of listsOf(document).entries()) {
    const list = await ipLists.get(listId);
    if (list === undefined || (list.domain !== undefined && list.domain !== document.domain))
      issues.push(unknown(`/policies/ip-list/lists/${i}`, listId));
  }
  const { serviceId, domain } = document;
  if (serviceId !== undefined && (await services.get(serviceId))?.domain !== domain) issues.push(unknown('/serviceId', serviceId));
  return issues;
}

async function unknownOfObjects(
  { objectRules, interfaces }: Pick<Registry, Named>,
  document: InterfaceDocument,
): Promise<readonly Issue[]> {
  const issues: Issue[] = [];
  const isUsable = (found: { readonly domain: string } | undefined) => found?.domain === document.domain;
  for (const { policy, ruleSets, providers } of optionsOfObjects(document)) {
    for (const [i, id] of ruleSets.entries())
      if (!isUsable(await objectRules.get(id))) issues.push(unknown(`/policies/${policy}/ruleSets/${i}`, id));
    for (const { path, interfaceId } of providers) {
      const provider = await interfaces.get(interfaceId);
      if (provider === undefined || !isUsable(provider)) issues.push(unknown(path, interfaceId));
      else if (!takesQuestions(provider)) issues.push(cannotProvide(path, interfaceId));
    }
  }
  return issues;
}

/** A flow gets the question as its message. A service gets it at the interface's own path, in the query or the body. */
function takesQuestions({ target, method, path }: InterfaceDocument): boolean {
  return target.kind === 'flow' || (method !== 'DELETE' && !path.includes('/:'));
}

function cannotProvide(path: string, id: string): Issue {
  return {
    path,
    code: 'RELATION_PROVIDER_UNFIT',
    severity: 'error',
    message: `${id} cannot be asked for relations: its path has a parameter, or its method is DELETE.`,
    values: { id },
    fix: 'Choose an interface with a path without parameters, and with GET or POST.',
  };
}

function unknown(path: string, id: string): Issue {
  return {
    path,
    code: 'INTERFACE_NAMES_UNKNOWN',
    severity: 'error',
    message: `There is no ${id} that this interface could use.`,
    values: { id },
    fix: 'Choose one of the same domain: lists, rule sets and services are on the page Security, interfaces on the page Interfaces.',
  };
}
