/** Who is logged in and what they may do. */
import { createContext, use } from 'react';
import type { Permission } from '../../../engine/contract/access/access.ts';
import type { Me } from '../api/outputs.ts';

export const SessionContext = createContext<Me | undefined>(undefined);

export function useMe(): Me {
  const me = use(SessionContext);
  if (me === undefined) throw new Error('used outside of <Session>');
  return me;
}

/** `const may = useMay(); may('flows.edit')`. The server decides again; this only spares a person a refusal. */
export function useMay(): (permission: Permission) => boolean {
  const { permissions } = useMe();
  return (permission) => permissions.includes(permission);
}

/** May the person edit what belongs to this domain? Without one it belongs to the whole installation. */
export function useHolds(): (domain: string | undefined) => boolean {
  const { domains } = useMe();
  return (domain) => domains === 'all' || (domain !== undefined && domains.includes(domain));
}

/** As `useMay`; nobody who is not logged in may anything. */
export function useMayOnceKnown(): (permission: Permission) => boolean {
  const me = use(SessionContext);
  return (permission) => me?.permissions.includes(permission) === true;
}
