/** What protects the gateways: shared address lists. */
import type { Action } from '../action/action.ts';
import { ipListActions } from './ip-lists.ts';
import type { SecurityServices } from './security-services.ts';

export function securityActions(services: SecurityServices): readonly Action[] {
  return ipListActions(services);
}
