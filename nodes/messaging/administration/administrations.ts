/**
 * The brokers that can be administered. To add one: copy `kafka.ts`, and add a line here. A broker without a line has no
 * administration, and the console says so.
 */
import type { BrokerAdministration } from '../../../engine/contract/node/broker-administration.ts';
import type { AdministrationOptions } from './administration-options.ts';

export interface AdministrationKind {
  /** True if the adapter must name a management API. */
  readonly needsManagement: boolean;
  load(): Promise<{ readonly open: (options: AdministrationOptions) => BrokerAdministration }>;
}

export const ADMINISTRATIONS: Readonly<Record<string, AdministrationKind>> = {
  kafka: { needsManagement: false, load: () => import('./kafka.ts') },
  rabbitmq: { needsManagement: true, load: () => import('./rabbitmq.ts') },
};
