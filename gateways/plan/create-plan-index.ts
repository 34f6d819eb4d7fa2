import { AppError } from '../../engine/contract/values/errors.ts';
import type { Logger } from '../../engine/contract/values/observe.ts';
import type { Crypto, KeyHandle, SignatureScheme } from '../../engine/contract/ports/crypto.ts';
import type { PlanIndex, PlanKey } from '../contract.ts';
import type { GatewayPlan } from '../documents/gateway-plan.ts';
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

  const importPem = (pem: string, scheme: SignatureScheme, role: KeyHandle['role']) =>
    memo.get(`${role}-key ${scheme} ${pem}`, () => crypto.importKey({ format: 'pem', pem }, scheme, role));
  const importKey = ({ scheme, secret, publicPem }: GatewayPlan['keys'][number]) =>
    secret === undefined
      ? importPem(publicPem ?? '', scheme, 'public')
      : memo.get(`secret-key ${scheme} ${secret}`, () =>
          crypto.importKey({ format: 'raw', bytes: Buffer.from(secret, 'base64url') }, scheme, 'secret'),
        );
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
  const userTokenKeys = new Map<string, { document: GatewayPlan['userTokenKeys'][number]; handle: KeyHandle }>();
  for (const document of plan.userTokenKeys) {
    const handle = tryImport(document.kid, () => importPem(document.publicPem, document.alg, 'public'));
    if (handle !== undefined) userTokenKeys.set(document.kid, { document, handle });
  }
  const { keyId, privatePem, scheme } = plan.platformKey;
  const platformKey = privatePem === undefined ? undefined : { keyId, handle: importPem(privatePem, scheme, 'private') };

  return {
    number: plan.number,
    isHandedOut: plan.isHandedOut === true,
    defaultApp: apps.get(plan.defaultAppId),
    app: (appId) => apps.get(appId),
    key: (appId, keyId) => keys.get(`${appId} ${keyId}`),
    grant: (appId, interfaceId) => grants.get(`${appId} ${interfaceId}`),
    userTokenKey: (kid) => userTokenKeys.get(kid),
    busConsumerByToken: (digest) => tokens.get(digest),
    busConsumerByCertificate: (fingerprint) => certificates.get(fingerprint),
    platformKey,
  };
}

function* indexBy<Value>(values: readonly Value[], keyOf: (value: Value) => string): Generator<void, Map<string, Value>> {
  const index = new Map<string, Value>();
  for (const value of values) {
    index.set(keyOf(value), value);
    yield;
  }
  return index;
}
