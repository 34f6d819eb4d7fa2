/** Builders for gateway tests: keys of every scheme, a plan with one app per scheme, and requests signed by them. */
import { createHash } from 'node:crypto';
import {
  canonicalRequest,
  digestOfScheme,
  formatAuthorization,
  type HeaderPair,
  type Kq1Scheme,
} from '../../../engine/contract/kq1/kq1.ts';
import type { KeyHandle } from '../../../engine/contract/ports/crypto.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import { createSoftwareCrypto } from '../../../storage/crypto/software-crypto.ts';

export const crypto = createSoftwareCrypto();
export const SCHEMES = ['SM2-SM3', 'RSA-SHA256', 'RSA-PSS-SHA256', 'HMAC-SM3', 'HMAC-SHA256'] as const;

/** What signs a request: a key of an app, or a session. */
export interface TestSigner {
  readonly scheme: Kq1Scheme;
  readonly appId: string;
  readonly keyId: string;
  readonly sign: KeyHandle;
}

export interface TestKey extends TestSigner {
  readonly document: GatewayPlan['keys'][number];
}

export async function createTestKey(scheme: Kq1Scheme, appId: string, fields: Partial<GatewayPlan['keys'][number]> = {}): Promise<TestKey> {
  const made = await crypto.generateKey(scheme);
  const isSecret = 'secret' in made;
  const sign = isSecret
    ? crypto.importKey({ format: 'raw', bytes: Buffer.from(made.secret, 'base64url') }, scheme, 'secret')
    : crypto.importKey({ format: 'pem', pem: made.privatePem }, scheme, 'private');
  const document = {
    ...{ appId, keyId: 'k1', revision: 1, scheme, state: 'ACTIVE' as const, fingerprint: sign.fingerprint, createdAt: 0 },
    ...(isSecret ? { secret: made.secret } : { publicPem: made.publicPem }),
    ...fields,
  };
  return { scheme, appId, keyId: document.keyId, sign, document };
}

export function buildInterface(fields: Partial<InterfaceDocument> = {}): InterfaceDocument {
  return {
    ...{
      interfaceId: 'ifc_book',
      revision: 1,
      name: { 'zh-CN': '预约', en: 'Book' },
      domain: 'city',
      front: 'open',
      method: 'POST',
      path: '/open/v1/appointments',
    },
    ...{
      state: 'online',
      target: { kind: 'flow', flowId: 'flw_book' },
      timeoutMs: 2000,
      timeoutRetries: 0,
      exceptionRetries: 0,
      log: 'none',
    },
    ...fields,
  } as InterfaceDocument;
}

export async function buildPlan(
  keys: readonly TestKey[],
  interfaces: readonly InterfaceDocument[],
  fields: Partial<GatewayPlan> = {},
): Promise<GatewayPlan> {
  const platform = (await crypto.generateKey('SM2-SM3')) as { privatePem: string; publicPem: string };
  const appIds = [...new Set([...keys.map((key) => key.appId), 'citizens'])];
  return {
    number: 1,
    madeAt: Date.now(),
    interfaces,
    apps: appIds.map((appId) => ({
      appId,
      revision: 1,
      name: { 'zh-CN': appId, en: appId },
      caller: 'test',
      state: 'active',
      windowSec: 300,
      domain: 'city',
    })),
    keys: keys.map((key) => key.document),
    grants: appIds.flatMap((appId) => interfaces.map(({ interfaceId }, i) => ({ grantId: `grt_${i}`, revision: 1, appId, interfaceId }))),
    userTokenKeys: [],
    busConsumers: [],
    defaultAppId: 'citizens',
    platformKey: { keyId: 'p1', scheme: 'SM2-SM3', ...platform },
    ...fields,
  };
}

export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly headers: readonly HeaderPair[];
  readonly body: Buffer;
  readonly authorization: string;
  readonly canonical: string;
  readonly nonce: string;
}

export interface RequestFields {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly host?: string;
  readonly headers?: readonly HeaderPair[];
  readonly body?: string | Buffer;
  readonly ts?: number;
  readonly nonce?: string;
}

/** Signs as a caller would; headers are sorted here, all of them signed. */
export async function signRequest(key: TestSigner, fields: RequestFields = {}): Promise<SignedRequest> {
  const { method = 'POST', path = '/open/v1/appointments', query = '', host = 'localhost', ts = Date.now() } = fields;
  const nonce = fields.nonce ?? Buffer.from(crypto.randomBytes(16)).toString('base64url');
  const body = Buffer.from(fields.body ?? '{"hospital":"A"}');
  const headers = [...(fields.headers ?? (body.length > 0 ? [['content-type', 'application/json'] as const] : []))].sort((a, b) =>
    a[0] < b[0] ? -1 : 1,
  );
  const { scheme, appId, keyId } = key;
  const bodyDigest = createHash(digestOfScheme(scheme)).update(body).digest('hex');
  const canonical = canonicalRequest({ scheme, method, host, path, query, ts: String(ts), nonce, appId, keyId, headers, bodyDigest });
  const sig = Buffer.from(await crypto.sign(key.sign, Buffer.from(canonical, 'latin1'))).toString('base64url');
  const authorization = formatAuthorization({ scheme, appId, keyId, ts: String(ts), nonce, signed: headers.map(([name]) => name), sig });
  return { method, path, query, host, headers, body, authorization, canonical, nonce };
}
