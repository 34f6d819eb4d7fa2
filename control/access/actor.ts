/** The person or process that acts, with their roles and domains. */
import type { Permission, Role } from '../../engine/contract/access/access.ts';
import type { Domains } from '../../engine/contract/values/domain.ts';

/** The person or process that acts. `system` is the process itself (first start, example city). */
export interface Actor {
  readonly account: string;
  readonly roles: readonly Role[];
  readonly domains: Domains;
  readonly via: 'session' | 'token' | 'system';
  /** Address of the client. Behind a trusted proxy it is the address that the proxy reports. */
  readonly from: string;
  /** Digest of the session or token in use. It allows actions to end this session, or to end all the others. */
  readonly sessionId?: string;
  /** True if the password is a one-time password or too old. The person may then do nothing except change it. */
  readonly mustChangePassword?: boolean;
  /**
   * True if the installation requires a second factor and the account has none. The person may then do nothing except
   * set it up.
   */
  readonly mustSetUpSecondFactor?: boolean;
  /** Time when the person last entered a code of the second factor in this session. */
  readonly secondFactorAt?: number;
  /** Permissions to which a token is limited; the roles must give them too. Absent: all permissions of the roles. */
  readonly rights?: readonly Permission[];
}
