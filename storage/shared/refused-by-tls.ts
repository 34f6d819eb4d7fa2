/** Translates TLS errors of a server to errors that a person can act on. */
import { AppError } from '../../engine/contract/values/errors.ts';
import { incompatible } from './server-address.ts';

const UNTRUSTED = /^(ERR_TLS_)?CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/;
const OUT_OF_TIME = /^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/;
const DEMANDS_OURS = /ALERT_CERTIFICATE_REQUIRED$/;
const NO_TLS = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/;

/**
 * Translates the code of Node's TLS to STORE_CERTIFICATE, STORE_NOT_ENCRYPTED or STORE_INCOMPATIBLE (input). Returns
 * undefined for any other error. `server` is "PostgreSQL", "Redis" or another name for the message.
 */
export function refusedByTls(server: string, error: unknown): AppError | undefined {
  const { code, cert } = error as { readonly code?: unknown; readonly cert?: { readonly subjectaltname?: string } };
  if (typeof code !== 'string') return undefined;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return namedOtherwise(server, cert?.subjectaltname ?? 'no name', error);
  if (UNTRUSTED.test(code)) return untrusted(server, code, error);
  if (NO_TLS.test(code)) return withoutTls(server, error);
  if (DEMANDS_OURS.test(code))
    return incompatible(
      server,
      'a requirement for client certificates',
      'none: clients log in with a password',
      'Redis: tls-auth-clients no. PostgreSQL: leave clientcert out of pg_hba.conf.',
    );
  if (code.startsWith('ERR_SSL_'))
    return incompatible(server, `an incompatible TLS version or cipher (${code})`, 'TLS 1.2 or 1.3', 'Enable TLS 1.2 or newer on it.');
  return undefined;
}

/** Returns STORE_NOT_ENCRYPTED (input): TLS was requested, but the server does not support it. */
export function withoutTls(server: string, cause: unknown): AppError {
  return new AppError('STORE_NOT_ENCRYPTED', 'input', `The ${server} server does not use TLS on this port.`, {
    values: { problem: 'server', server },
    fix: 'Enable TLS on the server (PostgreSQL: ssl = on; Redis: tls-port), with a certificate, and use that port in the address.',
    cause,
  });
}

function namedOtherwise(server: string, names: string, cause: unknown): AppError {
  return new AppError('STORE_CERTIFICATE', 'input', `The certificate of the ${server} server is issued for other names (${names}).`, {
    values: { problem: 'name', server, names },
    fix: 'Use the server name from its certificate in the address, or have a certificate issued for the name in the address.',
    cause,
  });
}

function untrusted(server: string, code: string, cause: unknown): AppError {
  const isOutOfTime = OUT_OF_TIME.test(code);
  return new AppError('STORE_CERTIFICATE', 'input', `The certificate of the ${server} server is not trusted (${code}).`, {
    values: { problem: isOutOfTime ? 'time' : 'authority', server, tls: code },
    fix: isOutOfTime
      ? 'Renew the certificate, or correct the clock of this machine.'
      : 'Point KQ_SERVER_CA_FILE to the PEM of the CA that issued it.',
    cause,
  });
}
