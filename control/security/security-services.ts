/** The services that the actions for protection of the gateways use. */
import type { Crypto } from '../../engine/contract/ports/crypto.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Owners } from '../action/owners.ts';
import type { PlanPublisher } from '../registry/build-plan.ts';
import type { Registry } from '../registry/registry.ts';

export interface SecurityServices {
  readonly clock: Clock;
  readonly crypto: Pick<Crypto, 'hmac'>;
  readonly registry: Registry;
  readonly plans: PlanPublisher;
  readonly owners: Owners;
}
