import { AppError } from '../../engine/contract/values/errors.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Crypto, KeyHandle, SignatureScheme } from '../../engine/contract/ports/crypto.ts';
import type { EncryptionKey, KeyEncryption } from '../../engine/contract/ports/encryption.ts';
import type { PlanIndex, PlanKey } from '../plan-index.ts';
import { profileOfScheme } from '../../engine/contract/compatibility/profiles.ts';
import { algorithmOf, type AppKeyDocument } from '../documents/caller-documents.ts';
import type { GatewayPlan } from '../documents/gateway-plan.ts';
import { indexBlockedCallers } from './index-blocked-callers.ts';
import { indexSafeSites } from './index-safe-sites.ts';
import { compileIpLists } from './compile-ip-lists.ts';
import type { MemoScope } from '../pipeline/create-memo.ts';

/**
 * Indexes a plan for look-ups by name, with every key imported once. Skips and logs a key that cannot be imported,
 * because one bad key must not keep the whole plan out of service. It yields often, so that the caller can pause.
 */
export function* createPlanIndex(plan: GatewayPlan, crypto: Crypto, memo: Pick<MemoScope, 'get'>, log: Logger): Generator<void, PlanIndex> {
  const apps = yield* indexBy(plan.apps, (app) => app.appId);
  const grants = yield* indexBy(plan.grants, (grant) => `${grant.appId} ${grant.interfaceId}`);
  const tokens = new Map(
    plan.busConsumers.flatMap((consumer) => (consumer.tokenDigest === undefined ? [] : [[consumer.tokenDigest, consumer] as const])),
  );
  const certificates = new Map(
    plan.busConsumers.flatMap((consumer) =>
      consumer.certificateFingerprint === undefined ? [] : [[consumer.certificateFingerprint, consumer] as const],
    ),
  );
  const interfaces = new Map(plan.interfaces.map((document) => [document.interfaceId, document]));
  const ruleSets = new Map((plan.objectRuleSets ?? []).map((set) => [set.ruleSetId, set]));
  const salts = new Map(Object.entries(plan.objectSalts ?? {}));

  const importPem = (pem: string, scheme: SignatureScheme, role: KeyHandle['role']) =>
    memo.get(`${role}-key ${scheme} ${pem}`, () => crypto.importKey({ format: 'pem', pem }, scheme, role));
  const importKey = ({ scheme, secret, publicPem }: GatewayPlan['keys'][number]) => {
    const algorithm = algorithmOf(scheme);
    return secret === undefined
      ? importPem(publicPem ?? '', algorithm, 'public')
      : memo.get(`secret-key ${algorithm} ${secret}`, () =>
          crypto.importKey({ format: 'raw', bytes: Buffer.from(secret, 'base64url') }, algorithm, 'secret'),
        );
  };
  const tryImport = <Made>(what: string, make: () => Made): Made | undefined => {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      log.error('gateway.key-refused', error, { key: what });
      return undefined;
    }
  };

  const keys = new Map<string, PlanKey>();
  for (const { secret, ...document } of plan.keys) {
    yield;
    const id = `${document.appId} ${document.keyId}`;
    if (plan.isHandedOut && document.publicPem === undefined) {
      keys.set(id, { document, handle: undefined });
      continue;
    }
    const handle = tryImport(id, () => importKey(secret === undefined ? document : { ...document, secret }));
    if (handle !== undefined) keys.set(id, { document, handle });
  }
  const profileKeys = indexProfileKeys(keys.values());
  const { encryptionKey, decryptionKey } = yield* indexEncryptionKeys(plan, (pem, algorithm, role, what) =>
    tryImport(what, () => memo.get(`${role}-key ${algorithm} ${pem}`, () => crypto.importEncryptionKey(pem, algorithm, role))),
  );
  const userTokenKeys = new Map<string, { document: GatewayPlan['userTokenKeys'][number]; handle: KeyHandle }>();
  for (const document of plan.userTokenKeys) {
    const handle = tryImport(document.kid, () => importPem(document.publicPem, document.alg, 'public'));
    if (handle !== undefined) userTokenKeys.set(document.kid, { document, handle });
  }
  const services = yield* indexBy(plan.services ?? [], ({ serviceId }) => serviceId);
  const manualStates = new Map((plan.manualStates ?? []).map((manual) => [manual.interfaceId, manual]));
  const isBlocked = yield* indexBlockedCallers(plan.blockedCallers, crypto);
  const ipLists = yield* compileIpLists(plan.ipLists ?? [], memo);
  const issuers = new Map((plan.userTokenIssuers ?? []).map((issuer) => [issuer.issuer, issuer]));
  const rsaKey = plan.platformKeys?.find((key) => key.algorithm === 'RSA-SHA256' && key.privatePem !== undefined);
  const rsaHandle = rsaKey && tryImport(rsaKey.keyId, () => importPem(rsaKey.privatePem!, 'RSA-SHA256', 'private'));
  const { keyId, privatePem, scheme } = plan.platformKey;
  const platformKey = privatePem === undefined ? undefined : { keyId, handle: importPem(privatePem, scheme, 'private') };

  return {
    number: plan.number,
    isHandedOut: plan.isHandedOut === true,
    defaultApp: apps.get(plan.defaultAppId),
    app: (appId) => apps.get(appId),
    key: (appId, keyId) => keys.get(`${appId} ${keyId}`),
    profileKeys: (appId, profile) => profileKeys.get(`${appId} ${profile}`) ?? NO_KEYS,
    profiles: new Set(plan.apps.flatMap(({ profiles = [] }) => profiles)),
    grant: (appId, interfaceId) => grants.get(`${appId} ${interfaceId}`),
    userTokenKey: (kid) => userTokenKeys.get(kid),
    userTokenIssuer: (issuer) => issuers.get(issuer),
    issuers: new Set([...issuers.keys(), ...plan.userTokenKeys.map(({ issuer }) => issuer)]),
    interface: (interfaceId) => interfaces.get(interfaceId),
    objectRules: (ruleSetId) => ruleSets.get(ruleSetId),
    objectSalt: (name) => salts.get(name),
    busConsumerByToken: (digest) => tokens.get(digest),
    busConsumerByCertificate: (fingerprint) => certificates.get(fingerprint),
    encryptionKey,
    decryptionKey,
    isBlocked,
    safeSites: indexSafeSites(plan.safeSites ?? []),
    service: (serviceId) => services.get(serviceId),
    manualState: (interfaceId) => manualStates.get(interfaceId),
    ipLists,
    platformKeys: (plan.platformKeys ?? []).map(({ privatePem: _private, ...key }) => key),
    profileSigner: rsaKey && rsaHandle && { keyId: rsaKey.keyId, handle: rsaHandle },
    platformKey,
  };
}

const NO_KEYS: readonly PlanKey[] = [];
/** Maximum number of keys that one request is checked with: two ACTIVE ones, and as many that are RETIRING. */
const MOST_KEYS_TRIED = 4;

/** Indexes the keys of compatibility profiles, for requests that do not name their key. The newest key is the first. */
function indexProfileKeys(keys: Iterable<PlanKey>): ReadonlyMap<string, readonly PlanKey[]> {
  const ofProfiles = [...keys].filter(({ document }) => profileOfScheme(document.scheme) !== undefined);
  ofProfiles.sort((a, b) => b.document.createdAt - a.document.createdAt);
  const index = Map.groupBy(ofProfiles, ({ document: { appId, scheme } }) => `${appId} ${scheme}`);
  return new Map([...index].map(([name, found]) => [name, found.slice(0, MOST_KEYS_TRIED)]));
}

function* indexBy<Value>(values: readonly Value[], keyOf: (value: Value) => string): Generator<void, Map<string, Value>> {
  const index = new Map<string, Value>();
  for (const value of values) {
    index.set(keyOf(value), value);
    yield;
  }
  return index;
}

type ImportEncryptionKey = (pem: string, algorithm: KeyEncryption, role: EncryptionKey['role'], what: string) => EncryptionKey | undefined;

function* indexEncryptionKeys(
  plan: GatewayPlan,
  importKey: ImportEncryptionKey,
): Generator<void, Pick<PlanIndex, 'encryptionKey' | 'decryptionKey'>> {
  const ofApps = new Map<string, { keyId: string; handle: EncryptionKey; document: AppKeyDocument }[]>();
  // The newest first.
  for (const document of [...(plan.encryptionKeys ?? [])].sort((a, b) => b.createdAt - a.createdAt)) {
    yield;
    const { appId, keyId, state, scheme, publicPem = '' } = document;
    if (state !== 'ACTIVE') continue;
    const handle = importKey(publicPem, scheme === 'SM2-SM3' ? 'SM2' : 'RSA-OAEP-SHA256', 'public', `${appId} ${keyId}`);
    if (handle !== undefined) ofApps.set(appId, [...(ofApps.get(appId) ?? []), { keyId, handle, document }]);
  }
  const own = new Map<string, { handle: EncryptionKey; expiresAt: number }>();
  for (const { keyId, algorithm, privatePem, expiresAt = Infinity } of plan.platformKeys ?? []) {
    if (privatePem === undefined || algorithm === 'SM2-SM3' || algorithm === 'RSA-SHA256') continue;
    const handle = importKey(privatePem, algorithm, 'private', keyId);
    if (handle !== undefined) own.set(keyId, { handle, expiresAt });
  }
  return {
    encryptionKey: (appId, now) => ofApps.get(appId)?.find(({ document: { expiresAt = Infinity } }) => now < expiresAt),
    decryptionKey(keyId, now) {
      const key = own.get(keyId);
      return key !== undefined && now < key.expiresAt ? key.handle : undefined;
    },
  };
}
