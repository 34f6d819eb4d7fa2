import type { PlanIndex } from '../plan-index.ts';

const none = () => undefined;

/** The plan of a request that arrived before the first plan. It has nothing. */
export const NO_PLAN: PlanIndex = Object.freeze({
  number: 0,
  isHandedOut: false,
  defaultApp: undefined,
  app: none,
  key: none,
  profileKeys: () => [],
  profiles: new Set<string>(),
  grant: none,
  encryptionKey: none,
  decryptionKey: none,
  userTokenKey: none,
  userTokenIssuer: none,
  interface: none,
  objectRules: none,
  manualState: none,
  objectSalt: none,
  issuers: new Set<string>(),
  busConsumerByToken: none,
  busConsumerByCertificate: none,
  isBlocked: () => false,
  safeSites: { checks: () => false, find: none, findHost: none },
  service: none,
  ipLists: { named: none, ofFront: () => [], ofDomain: () => [] },
  platformKeys: [],
  profileSigner: undefined,
  platformKey: undefined,
});
