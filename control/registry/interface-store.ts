/**
 * The store of published interfaces. Two interfaces never share front, method and path: a unique index of the store
 * prevents this, also if two are saved at once.
 */
import type { InterfaceDocument } from '../../gateways/documents/interface-document.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { Documents } from '../../engine/contract/ports/documents.ts';
import { openRevisionedStore, type RevisionedStore } from './revisioned-store.ts';

export type InterfaceStore = RevisionedStore<InterfaceDocument>;

export function openInterfaceStore(documents: Documents): Promise<InterfaceStore> {
  return openRevisionedStore<InterfaceDocument>(documents, {
    collection: 'interfaces',
    idOf: (document) => document.interfaceId,
    uniqueNames: ['route'],
    unique: (document) => ({ route: routeKey(document) }),
    clash: routeClash,
    upgrade: withoutManual,
  });
}

/** Manual states of a breaker were an option of the policy until they got a store of their own. */
function withoutManual(document: InterfaceDocument): InterfaceDocument {
  const breaker = document.policies?.['breaker'];
  if (typeof breaker !== 'object' || !('manual' in breaker)) return document;
  const { manual: _manual, ...rest } = breaker;
  return { ...document, policies: { ...document.policies, breaker: rest } };
}

/**
 * Checks the documents as if they were saved one after another. Returns an INTERFACE_ROUTE_CLASH error for each one
 * with a route that is already taken.
 */
export function routeClashes(
  documents: readonly InterfaceDocument[],
  stored: readonly InterfaceDocument[],
): ReadonlyMap<InterfaceDocument, AppError> {
  const holders = new Map(stored.map((document) => [routeKey(document), document]));
  const clashes = new Map<InterfaceDocument, AppError>();
  for (const document of documents) {
    const holder = holders.get(routeKey(document));
    if (holder === undefined || holder.interfaceId === document.interfaceId) holders.set(routeKey(document), document);
    else clashes.set(document, routeClash(document, holder));
  }
  return clashes;
}

/** Returns the key of a route. `/a/:id` and `/a/:name` are the same route. */
function routeKey({ front, method, path }: Pick<InterfaceDocument, 'front' | 'method' | 'path'>): string {
  return `${front} ${method} ${path.replace(/:[^/]+/g, ':')}`;
}

function routeClash(document: InterfaceDocument, other: InterfaceDocument | undefined): AppError {
  const target = other?.target.kind === 'flow' ? `flow ${other.target.flowId}` : 'an upstream service';
  const where = `${document.method} ${document.path} on the ${document.front} front`;
  const who =
    other === undefined
      ? 'another interface'
      : `${other.interfaceId} (${other.name['zh-CN']} / ${other.name.en}), which leads to ${target}`;
  return new AppError('INTERFACE_ROUTE_CLASH', 'input', `${where} is taken by ${who}.`, {
    values: {
      method: document.method,
      path: document.path,
      front: document.front,
      interfaceId: other?.interfaceId ?? '',
      flowId: other?.target.kind === 'flow' ? other.target.flowId : '',
    },
    fix: 'Choose another path, or remove the other interface first.',
  });
}
