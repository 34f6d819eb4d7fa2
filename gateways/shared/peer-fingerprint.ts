import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/**
 * Returns the SHA-256 of the client's certificate (hex, lower case). The handshake has proved that the client has its
 * key. Returns undefined if there is no certificate, if it is not valid today, or if it must chain to the listener's
 * authorities and does not.
 */
export function peerFingerprint(socket: Socket, needsChain: boolean): string | undefined {
  const { encrypted, authorized } = socket as TLSSocket;
  if (encrypted !== true || (needsChain && !authorized)) return undefined;
  const certificate: X509Certificate | undefined = (socket as TLSSocket).getPeerX509Certificate();
  if (certificate === undefined || Date.parse(certificate.validTo) < Date.now() || Date.parse(certificate.validFrom) > Date.now())
    return undefined;
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}
