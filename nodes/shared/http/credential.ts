/** The credential of an adapter of HTTP: what logs in, and behind it the private key as PEM where one is needed. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { AppError } from '../../../engine/contract/values/errors.ts';

const PEM = '-----BEGIN ';

/** Returns the part of a credential that logs in: without the PEM that stands behind it. */
export function loginOf(credential: string): string {
  const at = credential.indexOf(PEM);
  return at === -1 ? credential : credential.slice(0, at).trimEnd();
}

/** Returns the private key of a credential. Throws HTTP_PRIVATE_KEY (input), which never quotes it. */
export function privateKeyOf(credential: string): KeyObject {
  const [block] = /-----BEGIN ([A-Z ]{0,30}PRIVATE KEY)-----[^-]+-----END \1-----/.exec(credential) ?? [];
  if (block === undefined) throw privateKeyError('absent');
  try {
    return createPrivateKey(block);
  } catch {
    throw privateKeyError('unreadable');
  }
}

const MESSAGES = {
  absent: 'The credential of the adapter has no private key.',
  unreadable: 'The private key in the credential of the adapter cannot be read.',
  pair: 'The private key in the credential does not belong to the first client certificate of the adapter.',
  certificate: 'The client certificate of the adapter cannot be read.',
} as const;

export function privateKeyError(problem: keyof typeof MESSAGES): AppError {
  return new AppError('HTTP_PRIVATE_KEY', 'input', MESSAGES[problem], {
    values: { problem },
    fix: 'Store the private key as PEM without a password (PKCS #8), behind what logs in; the certificates are in the settings, the own one first.',
  });
}
