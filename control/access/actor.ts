/** The person or process that acts, with their roles and domains. */
import type { Permission, Role } from '../../engine/contract/access/access.ts';
import type { Domains } from '../../engine/contract/values/domain.ts';

/** The person or process that acts. `system` is the process itself (first start, example city). */
export interface Actor {
  readonly account: string;
  readonly roles: readonly Role[];
  readonly domains: Domains;
  readonly via: 'session' | 'token' | 'system';
  /** Client address as the socket knows it. */
  readonly from: string;
  /** Digest of the session or token in use. It allows actions to end this session, or to end all the others. */
  readonly sessionId?: string;
  /** The password is one-time or too old: the account may only change it. */
  readonly mustChangePassword?: boolean;
  /** The installation requires a second factor: the account may only set it up. */
  readonly mustSetUpSecondFactor?: boolean;
  /** When this session showed its second factor. */
  readonly secondFactorAt?: number;
  /** The permissions of a token, limited to those of the roles. Absent: all permissions of the roles. */
  readonly rights?: readonly Permission[];
}
