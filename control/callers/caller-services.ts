/** The services that the actions for callers use. */
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { PlanPublisher } from '../registry/build-plan.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Registry } from '../registry/registry.ts';
import type { Owners } from '../action/owners.ts';

export interface CallerServices {
  readonly crypto: Crypto;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly plans: PlanPublisher;
  readonly owners: Owners;
}
