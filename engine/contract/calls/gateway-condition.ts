/** A state of a gateway that needs attention. It lasts until the state is normal again; an event is only its start. */

/**
 * - `breaker-open`: calls of an instance group are paused, by the breaker or by a person.
 * - `instances-out`: instances of a group get no calls, because they fail.
 * - `grey-rolled-back`: a grey release took itself back.
 * - `relation-failing`: an interface that object rules ask for relations does not reply, so these rules refuse.
 */
export type GatewayConditionKind = 'breaker-open' | 'instances-out' | 'grey-rolled-back' | 'relation-failing';

export interface GatewayCondition {
  readonly kind: GatewayConditionKind;
  readonly interfaceId: string;
  /** The instance group; empty if the condition is about the interface as a whole. */
  readonly group: string;
  /** Epoch milliseconds. */
  readonly since: number;
  /** Numbers and codes that explain it. They contain no personal data. */
  readonly values: Readonly<Record<string, string | number>>;
}
