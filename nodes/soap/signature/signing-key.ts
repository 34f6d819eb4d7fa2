import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { AppError } from '../../../engine/contract/values/errors.ts';

export interface SigningKey {
  /** PEM (PKCS #8). */
  readonly privateKey: string;
  /** DER, Base64. */
  readonly certificate: string;
}

/**
 * Reads a credential: the private key and the certificate, both PEM. Throws SOAP_CREDENTIAL (input) without quoting
 * it.
 */
export function readSigningKey(credential: string): SigningKey {
  const blocks = credential.match(/-----BEGIN ([A-Z0-9 ]+)-----[A-Za-z0-9+/=\s]+-----END \1-----/g) ?? [];
  const keyText = blocks.find((block) => block.includes('PRIVATE KEY'));
  const certificates = readCertificates(credential);
  if (keyText === undefined || certificates.length === 0) throw wrong('absent');
  let key: KeyObject;
  try {
    key = createPrivateKey(keyText);
  } catch {
    throw wrong('key');
  }
  if (key.asymmetricKeyType !== 'rsa') throw wrong('rsa');
  const own = certificates.find((certificate) => certificate.checkPrivateKey(key));
  if (own === undefined) throw wrong('pair');
  return { privateKey: String(key.export({ type: 'pkcs8', format: 'pem' })), certificate: own.raw.toString('base64') };
}

/** Returns the certificates of a PEM text; those that cannot be read are left out. */
export function readCertificates(pem: string): readonly X509Certificate[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g) ?? []).flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

const MESSAGES = {
  absent: 'The credential does not hold a private key and a certificate as PEM.',
  key: 'The private key of the credential cannot be read.',
  rsa: 'The private key of the credential is not an RSA key.',
  pair: 'No certificate of the credential belongs to its private key.',
} as const;

function wrong(problem: keyof typeof MESSAGES): AppError {
  return new AppError('SOAP_CREDENTIAL', 'input', MESSAGES[problem], {
    values: { problem },
    fix: 'Store an unencrypted RSA private key and its certificate as PEM, one after the other.',
  });
}
