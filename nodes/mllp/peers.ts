import ipaddr from 'ipaddr.js';
import { AppError } from '../../engine/contract/values/errors.ts';

export interface Peer {
  readonly address: string | undefined;
  /** Subject CN of a verified client certificate. */
  readonly certificateName: string | undefined;
}

export type IsPeerAllowed = (peer: Peer) => boolean;

/**
 * Compiles a list of addresses, networks (`10.0.0.0/8`) and certificate names (`cn:his-a`). An empty list allows no
 * peer. Throws MLLP_PEER_WRONG (input) if an entry cannot be read.
 */
export function compilePeers(list: readonly string[]): IsPeerAllowed {
  const names = new Set(list.filter(isCertificatePeer).map((entry) => entry.slice(3)));
  const networks = list.filter((entry) => !isCertificatePeer(entry)).map(parseNetwork);
  return ({ address, certificateName }) => {
    if (certificateName !== undefined && names.has(certificateName)) return true;
    if (address === undefined || !ipaddr.isValid(address)) return false;
    const ip = ipaddr.process(address);
    return networks.some(([network, bits]) => ip.kind() === network.kind() && ip.match(network, bits));
  };
}

export function isCertificatePeer(entry: string): boolean {
  return entry.startsWith('cn:');
}

function parseNetwork(entry: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  if (ipaddr.isValidCIDR(entry)) return ipaddr.parseCIDR(entry);
  if (ipaddr.isValid(entry)) {
    const ip = ipaddr.process(entry);
    return [ip, ip.kind() === 'ipv4' ? 32 : 128];
  }
  throw new AppError('MLLP_PEER_WRONG', 'input', 'An entry of the peer list is not an address, a network or a certificate name.', {
    fix: 'Write for example 10.1.2.3, 10.1.0.0/16 or cn:his-a.',
  });
}
