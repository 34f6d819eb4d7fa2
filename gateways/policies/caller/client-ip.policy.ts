import ipaddr from 'ipaddr.js';
import { Type } from 'typebox';
import { definePolicy, type Exchange } from '../../contract.ts';
import { parseRanges, type IpRanges } from '../../shared/ip-ranges.ts';

/**
 * Finds the caller's true address. This is the socket's address, unless that is a trusted proxy; then it is the last
 * address in `X-Forwarded-For` that is not a trusted proxy. Without trusted proxies (the default) the header is never
 * trusted. For a forwarded call it is the address that the gateway in the DMZ saw.
 */
export default definePolicy({
  name: 'client-ip',
  stage: 'client-ip',
  fronts: ['open', 'user', 'bus'],
  text: {
    label: { 'zh-CN': '客户端地址', en: 'Client address' },
    help: {
      'zh-CN': '仅当直连地址属于可信代理时才采信 X-Forwarded-For。',
      en: 'Trusts X-Forwarded-For only from trusted proxies.',
    },
  },
  options: Type.Object({}, { additionalProperties: false }),
  // The description of a request says where it comes from.
  explain: 'skip',
  isDefault: () => true,
  isOptional: () => false,
  compile(_options, _target, _front, { settings }) {
    const trusted = parseRanges(settings.trustedProxies);
    return (exchange) => {
      if (exchange.relay !== undefined) {
        exchange.clientIp = exchange.relay.clientIp;
        return undefined;
      }
      const peer = exchange.request.socket.remoteAddress ?? '';
      const address = peer.startsWith('::ffff:') ? peer.slice(7) : peer;
      exchange.clientIp = settings.trustedProxies.length > 0 && trusted(address) ? beyondProxies(exchange, trusted, address) : address;
      return undefined;
    };
  },
});

function beyondProxies(exchange: Exchange, trusted: IpRanges, peer: string): string {
  if (exchange.repeated.has('x-forwarded-for')) return peer;
  let farthest = peer;
  const hops = (exchange.incoming.get('x-forwarded-for') ?? '').split(',').reverse();
  for (const hop of hops) {
    const address = hop.trim();
    if (!ipaddr.isValid(address)) return farthest;
    farthest = ipaddr.process(address).toString();
    if (!trusted(farthest)) return farthest;
  }
  return farthest;
}
