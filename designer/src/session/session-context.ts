/** Who is logged in, for what is shown before anybody is too. */
import { createContext, use } from 'react';
import type { Permission } from '../../../engine/contract/access/access.ts';
import type { Me } from '../api/outputs.ts';

export const SessionContext = createContext<Me | undefined>(undefined);

/** As `useMay`; nobody who is not logged in may anything. */
export function useMayOnceKnown(): (permission: Permission) => boolean {
  const me = use(SessionContext);
  return (permission) => me?.permissions.includes(permission) === true;
}
