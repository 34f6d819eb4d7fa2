/**
 * Returns true if the text is an IPv4 or IPv6 address, or a CIDR range (`10.0.0.0/8`, `2001:db8::/32`). Runs in a
 * browser too.
 */
export function isIpRange(text: string): boolean {
  const [, address = '', prefix] = /^([0-9A-Fa-f.:]{2,45})(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bits = isIpv4(address) ? 32 : isIpv6(address) ? 128 : -1;
  return bits > 0 && (prefix === undefined || Number(prefix) <= bits);
}

/**
 * Returns the network that one owner controls: an IPv4 address itself, or the /64 network of an IPv6 address. Returns
 * text that is not an address unchanged.
 */
export function networkOf(address: string): string {
  const [written = ''] = address.split('%');
  if (!isIpv6(written) || written.toLowerCase().startsWith('::ffff:')) return address;
  // The URL parser returns the canonical form (RFC 5952), in brackets.
  const canonical = new URL(`http://[${written}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = canonical.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}

function isIpv4(address: string): boolean {
  const octets = address.split('.');
  return octets.length === 4 && octets.every((octet) => /^(?:0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255);
}

function isIpv6(address: string): boolean {
  return address.includes(':') && URL.canParse(`http://[${address}]/`);
}
