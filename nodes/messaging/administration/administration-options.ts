import type { Server, Target } from '../brokers/broker.ts';

export interface AdministrationOptions {
  readonly target: Target;
  /** The server of the management API, where the broker has one beside its own port. */
  readonly management: Server | undefined;
  /** A larger answer is refused. */
  readonly limitBytes: number;
}
