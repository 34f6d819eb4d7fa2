/** Is this an IPv4 or IPv6 address, or a CIDR range of them (`10.0.0.0/8`, `2001:db8::/32`)? Runs in a browser too. */
export function isIpRange(text: string): boolean {
  const [, address = '', prefix] = /^([0-9A-Fa-f.:]{2,45})(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const bits = isIpv4(address) ? 32 : isIpv6(address) ? 128 : -1;
  return bits > 0 && (prefix === undefined || Number(prefix) <= bits);
}

function isIpv4(address: string): boolean {
  const octets = address.split('.');
  return octets.length === 4 && octets.every((octet) => /^(?:0|[1-9]\d{0,2})$/.test(octet) && Number(octet) <= 255);
}

function isIpv6(address: string): boolean {
  return address.includes(':') && URL.canParse(`http://[${address}]/`);
}
