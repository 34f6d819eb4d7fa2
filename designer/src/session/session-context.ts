/** The logged-in user and their permissions. */
import { createContext, use } from 'react';
import type { Permission } from '../../../engine/contract/access/access.ts';
import type { Me } from '../api/operations.ts';

export const SessionContext = createContext<Me | undefined>(undefined);

export function useMe(): Me {
  const me = use(SessionContext);
  if (me === undefined) throw new Error('used outside of <Session>');
  return me;
}

/**
 * Returns a function that tells whether the user has a permission: `const may = useMay(); may('flows.edit')`. It is
 * only used to hide actions that the server would refuse. The server makes its own check.
 */
export function useMay(): (permission: Permission) => boolean {
  const { permissions } = useMe();
  return (permission) => permissions.includes(permission);
}

/**
 * Returns a function that tells whether the user may edit objects of a domain. An object without a domain belongs to
 * the whole installation.
 */
export function useHolds(): (domain: string | undefined) => boolean {
  const { domains } = useMe();
  return (domain) => domains === 'all' || (domain !== undefined && domains.includes(domain));
}

/** Does the same as `useMay`, but the function returns false before the login. */
export function useMayOnceKnown(): (permission: Permission) => boolean {
  const me = use(SessionContext);
  return (permission) => me?.permissions.includes(permission) === true;
}
