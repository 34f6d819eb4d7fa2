import type { RequestRights } from '../action/run-action.ts';

/** The actions that can be requested. */
export const REQUEST_RIGHTS = {
  'flows.publish': { asks: 'flows.read', needs: 'flows.publish' },
  'interfaces.save': { asks: 'interfaces.read', needs: 'interfaces.edit' },
  'interfaces.set-state': { asks: 'interfaces.read', needs: 'interfaces.publish' },
  'grants.save': { asks: 'interfaces.edit', needs: 'grants.edit' },
  'adapters.save': { asks: 'adapters.edit', needs: 'secrets.edit' },
  'brokers.purge': { asks: 'brokers.edit', needs: 'brokers.purge' },
  'brokers.remove-destination': { asks: 'brokers.edit', needs: 'brokers.purge' },
  'flow-data.remove-items': { asks: 'flows.edit', needs: 'executions.cancel' },
} as const satisfies Readonly<Record<string, RequestRights>>;
