/** A plan as a gateway looks things up in it. */
import type { Front } from '../engine/contract/access/access.ts';
import type { KeyHandle } from '../engine/contract/ports/crypto.ts';
import type { EncryptionKey } from '../engine/contract/ports/encryption.ts';
import type {
  AppDocument,
  AppKeyDocument,
  BusConsumer,
  GrantDocument,
  UserTokenIssuer,
  UserTokenKey,
} from './documents/caller-documents.ts';
import type { GatewayPlan, PlatformKey } from './documents/gateway-plan.ts';
import type { BlockedCaller } from './documents/blocked-caller.ts';
import type { SafeSite, SiteUse } from './documents/safe-site.ts';
import type { ManualOrder } from './documents/manual-state.ts';
import type { ServiceDocument } from './documents/service-document.ts';
import type { InterfaceDocument } from './documents/interface-document.ts';
import type { ObjectRuleSet } from './documents/object-rules.ts';

/**
 * An imported key of the plan. `handle` is undefined only for a caller's secret in a plan for a node in the DMZ,
 * because callers' secrets are not sent there.
 */
export interface PlanKey {
  readonly document: Omit<AppKeyDocument, 'sealedSecret'>;
  readonly handle: KeyHandle | undefined;
}

/** One shared list of addresses. Entries that have expired have no effect. */
export interface IpList {
  readonly listId: string;
  readonly kind: 'black' | 'white';
  contains(address: string, now: number): boolean;
}

/** The shared lists of addresses. */
export interface IpLists {
  named(listId: string): IpList | undefined;
  /** Returns the lists for every request of a front. */
  ofFront(front: Front): readonly IpList[];
  /** Returns the lists for every interface of a domain. */
  ofDomain(domain: string, front: Front): readonly IpList[];
}

/** The sites that the user front trusts. Sites that have expired are not found. */
export interface SafeSites {
  /** Returns false while no site has this use: then it is not checked. */
  checks(use: SiteUse): boolean;
  /** `origin` as browsers send it: scheme, host, and a port that is not the default one. */
  find(use: SiteUse, origin: string, now: number): SafeSite | undefined;
  findHost(host: string, now: number): SafeSite | undefined;
}

/** A plan indexed for fast look-ups. Plans share what did not change between them. */
export interface PlanIndex {
  readonly number: number;
  /** True for the plan of a gateway in the DMZ, which has no secrets. */
  readonly isHandedOut: boolean;
  /** The app whose grants apply to users without an app of their own. */
  readonly defaultApp: AppDocument | undefined;
  app(appId: string): AppDocument | undefined;
  key(appId: string, keyId: string): PlanKey | undefined;
  /** Returns the app's newest keys of a compatibility profile. */
  profileKeys(appId: string, profile: string): readonly PlanKey[];
  /** The compatibility profiles that an app of the plan may use. */
  readonly profiles: ReadonlySet<string>;
  grant(appId: string, interfaceId: string): GrantDocument | undefined;
  /** Returns the newest usable key for which the platform encrypts answers to an app. */
  encryptionKey(appId: string, now: number): { readonly keyId: string; readonly handle: EncryptionKey } | undefined;
  /** Returns the platform's usable private key by which an envelope's content key is decrypted. */
  decryptionKey(keyId: string, now: number): EncryptionKey | undefined;
  userTokenKey(kid: string): { readonly document: UserTokenKey; readonly handle: KeyHandle } | undefined;
  /** Returns the issuer of this name that publishes its keys. */
  userTokenIssuer(issuer: string): UserTokenIssuer | undefined;
  /** The issuers whose tokens are accepted. */
  readonly issuers: ReadonlySet<string>;
  interface(interfaceId: string): InterfaceDocument | undefined;
  objectRules(ruleSetId: string): ObjectRuleSet | undefined;
  /** The value of a credential that rules of object access use as a salt. */
  objectSalt(name: string): string | undefined;
  busConsumerByToken(digestHex: string): BusConsumer | undefined;
  busConsumerByCertificate(fingerprintHex: string): BusConsumer | undefined;
  /** Returns true if the user or device is blocked. Always false in a plan for a node in the DMZ. */
  isBlocked(kind: BlockedCaller['kind'], id: string, issuer: string | undefined, now: number): boolean;
  readonly safeSites: SafeSites;
  service(serviceId: string): ServiceDocument | undefined;
  /** Returns what a person decided about calls. It may be over. */
  manualState(interfaceId: string): ManualOrder | undefined;
  readonly ipLists: IpLists;
  /** The public keys of the platform, in all states. */
  readonly platformKeys: readonly Omit<PlatformKey, 'privatePem'>[];
  /** The platform's RSA key that signs responses of compatibility profiles. Undefined if there is none, and in the DMZ. */
  readonly profileSigner: { readonly keyId: string; readonly handle: KeyHandle } | undefined;
  /** Undefined in a plan for a node in the DMZ. */
  readonly platformKey: { readonly keyId: string; readonly handle: KeyHandle } | undefined;
}

/** The source of a gateway's plan: control in the same process, or a file (`gateways/plan/`). */
export interface PlanSource {
  current(): GatewayPlan | undefined;
  onChange(listener: (plan: GatewayPlan) => void): () => void;
}
