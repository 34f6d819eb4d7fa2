/** Callers: apps, their keys and grants, consumers of the bus front, and keys that verify user tokens. */
import type { Action } from '../action/action.ts';
import type { CallerServices } from './caller-services.ts';
import { consumerActions } from './bus-consumers.ts';
import { grantActions } from './grants.ts';
import { appActions } from './apps.ts';
import { keyActions } from './app-keys.ts';
import { platformKeyActions } from './platform-keys.ts';
import { userTokenKeyActions } from './user-token-keys.ts';

export function callerActions(services: CallerServices): readonly Action[] {
  return [
    ...appActions(services),
    ...keyActions(services),
    ...grantActions(services),
    ...consumerActions(services),
    ...userTokenKeyActions(services),
    ...platformKeyActions(services),
  ];
}
