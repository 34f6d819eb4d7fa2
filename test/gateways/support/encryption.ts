/** Encryption keys for gateway tests: those of the platform, and one of an app. */
import type { KeyEncryption } from '../../../engine/contract/ports/encryption.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import { crypto } from './city-plan.ts';

export interface EncryptionFixture {
  readonly plan: Required<Pick<GatewayPlan, 'platformKeys' | 'encryptionKeys'>>;
  /** Public keys of the platform: `p2` is SM2, `p3` RSA. */
  readonly platform: Readonly<Record<'p2' | 'p3', string>>;
  /** Private keys of the apps, by app id. */
  readonly privatePems: Readonly<Record<string, string>>;
}

/** `apps`: the algorithm of each app's encryption key, whose id is `e1`. */
export async function createEncryption(apps: Readonly<Record<string, KeyEncryption>>): Promise<EncryptionFixture> {
  const [sm2, rsa] = [await crypto.generateEncryptionKey('SM2'), await crypto.generateEncryptionKey('RSA-OAEP-SHA256')];
  const encryptionKeys: NonNullable<GatewayPlan['encryptionKeys']>[number][] = [];
  const privatePems: Record<string, string> = {};
  for (const [appId, algorithm] of Object.entries(apps)) {
    const { privatePem, publicPem } = await crypto.generateEncryptionKey(algorithm);
    privatePems[appId] = privatePem;
    encryptionKeys.push({
      ...{ appId, keyId: 'e1', revision: 1, purpose: 'encrypt', scheme: algorithm === 'SM2' ? 'SM2-SM3' : 'RSA-SHA256', state: 'ACTIVE' },
      ...{ publicPem, fingerprint: `${appId} e1`, createdAt: 0 },
    });
  }
  return {
    plan: {
      platformKeys: [
        { keyId: 'p2', use: 'encrypt', algorithm: 'SM2', state: 'ACTIVE', madeAt: 0, ...sm2 },
        { keyId: 'p3', use: 'encrypt', algorithm: 'RSA-OAEP-SHA256', state: 'ACTIVE', madeAt: 0, ...rsa },
      ],
      encryptionKeys,
    },
    platform: { p2: sm2.publicPem, p3: rsa.publicPem },
    privatePems,
  };
}
