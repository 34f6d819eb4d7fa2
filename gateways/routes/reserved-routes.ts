/** What belongs to the built-in interfaces (`gateways/built-in`). No other interface may take it. */
import type { InterfaceDocument } from '../documents/interface-document.ts';

export const RESERVED_IDS = 'ifc_builtin_';

export const RESERVED_PATHS = {
  platformKeys: { front: 'open', path: '/open/v1/platform-keys' },
  appSessions: { front: 'open', path: '/open/v1/sessions' },
  userSessions: { front: 'user', path: '/user/v1/sessions' },
} as const;

/**
 * Returns the field of an interface that takes what is reserved; undefined if none does. Paths are reserved for all
 * methods, so that the product may add one. A parameter never matches there, because fixed paths come first.
 */
export function findReserved({
  interfaceId,
  front,
  path,
}: Pick<InterfaceDocument, 'interfaceId' | 'front' | 'path'>): 'interfaceId' | 'path' | undefined {
  if (interfaceId.startsWith(RESERVED_IDS)) return 'interfaceId';
  return Object.values(RESERVED_PATHS).some((reserved) => reserved.front === front && reserved.path === path) ? 'path' : undefined;
}
