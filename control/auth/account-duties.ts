/**
 * Duties of an account that its owner must fulfil before other actions: change a one-time or old password, and set up
 * the second factor if the installation requires one.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Account } from './account-store.ts';

export interface AccountPolicy {
  /** True if everyone who logs in with a password needs a second factor. */
  readonly requireSecondFactor: boolean;
  /** Days after which a password must be changed; 0: never. */
  readonly passwordMaxAgeDays: number;
}

export interface AccountDuties {
  readonly mustChangePassword: boolean;
  readonly mustSetUpSecondFactor: boolean;
  /** Time of expiry in epoch milliseconds; absent if passwords do not expire. */
  readonly passwordExpiresAt?: number;
}

export type DutiesOf = (account: Account) => AccountDuties;

const DAY_MS = 86_400_000;

export function createDutiesOf({ requireSecondFactor, passwordMaxAgeDays }: AccountPolicy, clock: Pick<Clock, 'now'>): DutiesOf {
  return ({ mustChangePassword, passwordChangedAt, hasSecondFactor }) => {
    const expiresAt = passwordMaxAgeDays === 0 ? undefined : passwordChangedAt + passwordMaxAgeDays * DAY_MS;
    return {
      mustChangePassword: mustChangePassword || (expiresAt !== undefined && expiresAt <= clock.now()),
      mustSetUpSecondFactor: requireSecondFactor && !hasSecondFactor,
      ...(expiresAt === undefined ? {} : { passwordExpiresAt: expiresAt }),
    };
  };
}
