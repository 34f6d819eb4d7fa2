/** Who asks, and what of the installation is theirs. */
import type { Permission, Role } from '../../engine/contract/access/access.ts';
import type { Domains } from '../../engine/contract/values/domain.ts';

/** Who asks. `system` is the process itself (first start, example city). */
export interface Actor {
  readonly account: string;
  readonly roles: readonly Role[];
  readonly domains: Domains;
  readonly via: 'session' | 'token' | 'system';
  /** Client address as the socket knows it. */
  readonly from: string;
  /** Digest of the session or token in use, so that one may be ended or spared. */
  readonly sessionId?: string;
  /** The password is the one-time one, or too old: nothing but changing it is allowed. */
  readonly mustChangePassword?: boolean;
  /** The installation demands a second factor: nothing but setting it up is allowed. */
  readonly mustSetUpSecondFactor?: boolean;
  /** When this session showed its second factor. */
  readonly secondFactorAt?: number;
  /** What a token may do, of what the roles give; absent: all of it. */
  readonly rights?: readonly Permission[];
}
