/** Certificates for TLS tests: a private authority, and what it issues; for 127.0.0.1 where nothing else is said. */
import type { webcrypto } from 'node:crypto';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };

export interface Authority {
  readonly ca: string;
  /** `host`: the only name that it is made out to. `notAfter`: when it expires. */
  issue(name: string, host?: string, notAfter?: Date): Promise<Certificate>;
}

export async function createAuthority(): Promise<Authority> {
  const keys = await generateKeys();
  const extensions = [new x509.BasicConstraintsExtension(true, 1, true)];
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Test CA',
    keys,
    signingAlgorithm: algorithm,
    extensions,
    ...validity,
  });
  return {
    ca: ca.toString('pem'),
    async issue(name, host, notAfter = validity.notAfter) {
      const own = await generateKeys();
      const certificate = await x509.X509CertificateGenerator.create({
        subject: `CN=${name}`,
        issuer: ca.subject,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: algorithm,
        extensions: [
          new x509.SubjectAlternativeNameExtension([
            host === undefined ? { type: 'ip', value: '127.0.0.1' } : { type: 'dns', value: host },
          ]),
        ],
        notBefore: validity.notBefore,
        notAfter,
      });
      const pkcs8 = Buffer.from(await crypto.subtle.exportKey('pkcs8', own.privateKey)).toString('base64');
      return { cert: certificate.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${pkcs8}\n-----END PRIVATE KEY-----\n` };
    },
  };
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;
}
