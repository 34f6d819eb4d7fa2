/** Client certificates (mutual TLS): what a connection shows, and what it means if the server refuses it. */
import { X509Certificate } from 'node:crypto';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { privateKeyError, privateKeyOf } from './credential.ts';

export interface ClientCertificate {
  /** PEM: the certificate, then those that issued it. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

/** Joins the certificates of the settings and the key of the credential. Throws HTTP_PRIVATE_KEY (input) if they do not fit. */
export function clientCertificate(cert: string, credential: string): ClientCertificate {
  const key = privateKeyOf(credential);
  let own: X509Certificate;
  try {
    own = new X509Certificate(cert);
  } catch {
    throw privateKeyError('certificate');
  }
  if (!own.checkPrivateKey(key)) throw privateKeyError('pair');
  return { cert, key: String(key.export({ type: 'pkcs8', format: 'pem' })) };
}

/** The alerts of TLS by which a server refuses the certificate of a client, or its absence (RFC 8446, section 6.2). */
const REFUSALS: ReadonlySet<string> = new Set([
  'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
  'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE',
  'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
  'ERR_SSL_SSL/TLS_ALERT_UNSUPPORTED_CERTIFICATE',
  'ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE',
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_REVOKED',
  'ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED',
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED',
  'ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED',
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN',
  'ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN',
  'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
  'ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR',
  'ERR_SSL_TLSV1_ALERT_ACCESS_DENIED',
]);

/**
 * Returns HTTP_CERTIFICATE_REFUSED (input) if the server ended the connection because of the client's certificate. It
 * does so before it reads a request, although the first bytes may be under way by then (TLS 1.3).
 */
export function certificateRefusal(cause: Error): AppError | undefined {
  const { code } = cause as { readonly code?: unknown };
  if (typeof code !== 'string' || !REFUSALS.has(code)) return undefined;
  const reason = code
    .replace(/^ERR_SSL_.*ALERT_/, '')
    .toLowerCase()
    .replaceAll('_', ' ');
  return new AppError('HTTP_CERTIFICATE_REFUSED', 'input', `The other side refused the client certificate (${reason}); nothing was done.`, {
    values: { reason },
    fix: 'Set the certificates in the TLS settings of the adapter, the own one first; check its end of validity, and that the other side trusts its issuer.',
    cause,
  });
}
