/** What decides who may use the gateways: lists of addresses, people and devices, services, safe sites, and rules of object access. */
import type { Action } from '../action/action.ts';
import { blockedCallerActions } from './blocked-callers.ts';
import { ipListActions } from './ip-lists.ts';
import { objectRuleActions } from './object-rules.ts';
import { safeSiteActions } from './safe-sites.ts';
import type { SecurityServices } from './security-services.ts';
import { serviceActions } from './services.ts';

export function securityActions(services: SecurityServices): readonly Action[] {
  return [
    ...ipListActions(services),
    ...serviceActions(services),
    ...blockedCallerActions(services),
    ...safeSiteActions(services),
    ...objectRuleActions(services),
  ];
}
