import type { ListedTarget } from '../../engine/contract/node/outbound-guard.ts';
import type { KeyEncryption } from '../../engine/contract/ports/encryption.ts';
import type {
  AppDocument,
  AppKeyDocument,
  BusConsumer,
  GrantDocument,
  KEY_STATES,
  UserTokenIssuer,
  UserTokenKey,
} from './caller-documents.ts';
import type { BlockedCaller } from './blocked-caller.ts';
import type { IpListDocument } from './ip-list-document.ts';
import type { SafeSite } from './safe-site.ts';
import type { ManualOrder } from './manual-state.ts';
import type { ServiceDocument } from './service-document.ts';
import type { InterfaceDocument } from './interface-document.ts';
import type { ObjectRuleSet } from './object-rules.ts';

/** A key of the platform: it signs responses, or callers encrypt for it. */
export interface PlatformKey {
  readonly keyId: string;
  readonly use: 'sign' | 'encrypt';
  /** With the use `sign`, `RSA-SHA256` signs responses of compatibility profiles, and `SM2-SM3` all others. */
  readonly algorithm: 'SM2-SM3' | 'RSA-SHA256' | KeyEncryption;
  readonly state: (typeof KEY_STATES)[number];
  readonly publicPem: string;
  /**
   * Set for encryption keys that are ACTIVE or RETIRING, and for the RSA key that signs; never in a plan for the DMZ. The
   * SM2 key that signs is in `platformKey`.
   */
  readonly privatePem?: string;
  readonly madeAt: number;
  /** When a RETIRING key stops working. */
  readonly expiresAt?: number;
}

/**
 * Everything that a gateway needs. Control builds it (`control/registry/build-plan.ts`) and numbers it; the numbers
 * never decrease.
 */
export interface GatewayPlan {
  readonly number: number;
  readonly madeAt: number;
  readonly interfaces: readonly InterfaceDocument[];
  readonly apps: readonly AppDocument[];
  /**
   * True for a plan for a gateway in the DMZ (`gateways/forward`). It contains only the interfaces of that gateway. It
   * contains no secrets, and nothing about the systems inside.
   */
  readonly isHandedOut?: true;
  /** HMAC secrets are not encrypted here, because the plan file is encrypted as a whole. */
  readonly keys: readonly (Omit<AppKeyDocument, 'sealedSecret'> & { readonly secret?: string })[];
  /** Public keys for which the platform encrypts. Absent in a plan of an older version. */
  readonly encryptionKeys?: readonly AppKeyDocument[];
  readonly grants: readonly GrantDocument[];
  readonly userTokenKeys: readonly UserTokenKey[];
  /** Absent in a plan of an older version. */
  readonly userTokenIssuers?: readonly UserTokenIssuer[];
  readonly busConsumers: readonly BusConsumer[];
  /** Named sets of rules of object access. Absent in a plan of an older version. */
  readonly objectRuleSets?: readonly ObjectRuleSet[];
  /** Values of the credentials that rules use as salts, by name. Never in a plan for the DMZ. */
  readonly objectSalts?: Readonly<Record<string, string>>;
  /**
   * Further allowed targets of services (docs/decisions/0046). Absent in a plan of an older version, which had no such
   * limits.
   */
  readonly outbound?: readonly ListedTarget[];
  /**
   * Blocked users and devices, with the key of their digests (base64url). Absent in a plan of an older version, and in
   * one for the DMZ.
   */
  readonly blockedCallers?: { readonly key: string; readonly entries: readonly BlockedCaller[] };
  /** Sites that the user front trusts. Absent in a plan of an older version. */
  readonly safeSites?: readonly SafeSite[];
  /** Services that interfaces belong to. Absent in a plan of an older version. */
  readonly services?: readonly ServiceDocument[];
  /** What persons decided about calls, as far as it is in force. Absent in a plan of an older version, and for the DMZ. */
  readonly manualStates?: readonly ManualOrder[];
  /** Shared lists of addresses. Absent in a plan of an older version. */
  readonly ipLists?: readonly IpListDocument[];
  /** The app whose grants apply to users without an app of their own. */
  readonly defaultAppId: string;
  /** The platform's signing key for responses and its id. The private key (PEM) is never in a plan for the DMZ. */
  readonly platformKey: { readonly keyId: string; readonly scheme: 'SM2-SM3'; readonly privatePem?: string; readonly publicPem: string };
  /** All keys of the platform, with the one that signs. Absent in a plan of an older version. */
  readonly platformKeys?: readonly PlatformKey[];
}
