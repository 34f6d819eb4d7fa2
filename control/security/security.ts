/** What protects the gateways: shared address lists, and rules of object access. */
import type { Action } from '../action/action.ts';
import { ipListActions } from './ip-lists.ts';
import { objectRuleActions } from './object-rules.ts';
import type { SecurityServices } from './security-services.ts';

export function securityActions(services: SecurityServices): readonly Action[] {
  return [...ipListActions(services), ...objectRuleActions(services)];
}
