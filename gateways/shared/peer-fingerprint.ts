import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/**
 * SHA-256 of the client certificate whose key the handshake has proved (hex, lower case). Undefined: there is none,
 * it is not valid today, or it does not chain to the listener's authorities where that is required.
 */
export function peerFingerprint(socket: Socket, needsChain: boolean): string | undefined {
  const { encrypted, authorized } = socket as TLSSocket;
  if (encrypted !== true || (needsChain && !authorized)) return undefined;
  const certificate: X509Certificate | undefined = (socket as TLSSocket).getPeerX509Certificate();
  if (certificate === undefined || Date.parse(certificate.validTo) < Date.now() || Date.parse(certificate.validFrom) > Date.now())
    return undefined;
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}
