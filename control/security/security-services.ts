/** The services that the actions for protection of the gateways use. */
import type { Owners } from '../action/owners.ts';
import type { PlanPublisher } from '../registry/build-plan.ts';
import type { Registry } from '../registry/registry.ts';

export interface SecurityServices {
  readonly registry: Registry;
  readonly plans: PlanPublisher;
  readonly owners: Owners;
}
