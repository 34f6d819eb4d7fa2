import type { Issue } from '../../engine/contract/values/errors.ts';
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import type { IpListDocument } from '../../gateways/documents/ip-list-document.ts';
import type { ObjectRuleSet } from '../../gateways/documents/object-rules.ts';
import type { ServiceDocument } from '../../gateways/documents/service-document.ts';
import type { Registry } from '../registry/registry.ts';
import { listsOf } from './ip-lists.ts';
import { optionsOfObjects } from './object-options.ts';

type Named = Pick<Registry, 'ipLists' | 'services' | 'objectRules' | 'interfaces'>;

/** Documents that are saved together with an interface, so that it may name them. */
export interface Brought {
  readonly flows?: ReadonlySet<string>;
  readonly services?: readonly ServiceDocument[];
  readonly ipLists?: readonly IpListDocument[];
  readonly ruleSets?: readonly ObjectRuleSet[];
  readonly interfaces?: readonly InterfaceDocument[];
}

/**
 * Finds what an interface names and cannot use: it does not exist, or it belongs to another domain. Both look the same,
 * so that an issue reveals nothing about other domains.
 */
export async function findUnknownNames(registry: Named, document: InterfaceDocument, brought: Brought = {}): Promise<readonly Issue[]> {
  const { ipLists, services } = registry;
  const issues: Issue[] = [...(await unknownOfObjects(registry, document, brought))];
  for (const [i, listId] of listsOf(document).entries()) {
    const list = brought.ipLists?.find((one) => one.listId === listId) ?? (await ipLists.get(listId));
    if (list === undefined || (list.domain !== undefined && list.domain !== document.domain))
      issues.push(unknown(`/policies/ip-list/lists/${i}`, listId));
  }
  const { serviceId, domain } = document;
  if (serviceId === undefined) return issues;
  const service = brought.services?.find((one) => one.serviceId === serviceId) ?? (await services.get(serviceId));
  return service?.domain === domain ? issues : [...issues, unknown('/serviceId', serviceId)];
}

async function unknownOfObjects(
  { objectRules, interfaces }: Named,
  document: InterfaceDocument,
  brought: Brought,
): Promise<readonly Issue[]> {
  const issues: Issue[] = [];
  const isUsable = (found: { readonly domain: string } | undefined) => found?.domain === document.domain;
  for (const { policy, ruleSets, providers } of optionsOfObjects(document)) {
    for (const [i, id] of ruleSets.entries()) {
      const set = brought.ruleSets?.find(({ ruleSetId }) => ruleSetId === id) ?? (await objectRules.get(id));
      if (!isUsable(set)) issues.push(unknown(`/policies/${policy}/ruleSets/${i}`, id));
    }
    for (const { path, interfaceId } of providers) {
      const provider = brought.interfaces?.find((one) => one.interfaceId === interfaceId) ?? (await interfaces.get(interfaceId));
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
