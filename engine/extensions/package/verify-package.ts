import type { Crypto } from '../../contract/ports/crypto.ts';
import { packageInvalid } from './extension-errors.ts';
import type { ExtensionPackage, PublisherScheme } from './read-package.ts';

export interface PublisherKeys {
  find(
    publisher: string,
    fingerprint: string,
  ): Promise<{ readonly scheme: PublisherScheme; readonly publicPem: string; readonly fingerprint: string } | undefined>;
}

/**
 * Rejects with EXTENSION_PACKAGE (input) unless a registered key of the publisher signed the package. The key decides
 * the scheme, not the package.
 */
export async function verifyPackage(
  { signature, signed }: Pick<ExtensionPackage, 'signature' | 'signed'>,
  keys: PublisherKeys,
  crypto: Crypto,
): Promise<void> {
  const { publisher, key: fingerprint } = signature;
  const registered = await keys.find(publisher, fingerprint);
  if (registered === undefined) throw packageInvalid('publisher', { publisher, key: fingerprint });
  const key = crypto.importKey({ format: 'pem', pem: registered.publicPem }, registered.scheme, 'public');
  if (key.fingerprint !== registered.fingerprint || !(await crypto.verify(key, signed, Buffer.from(signature.signature, 'base64'))))
    throw packageInvalid('signature', { publisher });
}
