import type { PlanSource } from '../plan-index.ts';
import type { GatewayPlan } from '../documents/gateway-plan.ts';

export interface PlanFeed extends PlanSource {
  /**
   * Passes a plan to every gateway in the process. Ignores a plan that is not newer than the last one, because plan
   * numbers never decrease.
   */
  publish(plan: GatewayPlan): void;
}

/** Creates the plan source within one process: control publishes, gateways listen. */
export function createPlanFeed(): PlanFeed {
  const listeners = new Set<(plan: GatewayPlan) => void>();
  let current: GatewayPlan | undefined;
  return {
    current: () => current,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    publish(plan) {
      if (current !== undefined && plan.number <= current.number) return;
      current = plan;
      for (const listener of listeners) listener(plan);
    },
  };
}
