export interface HostNotAsWritten {
  readonly written: string;
  /**
   * Host and port that the network really uses. International names are in punycode, and numeric addresses have their
   * usual form with dots.
   */
  readonly host: string;
}

/** Returns every address in a document whose real host differs from the host that a person reads in it. */
export function hostsNotAsWritten(value: unknown): readonly HostNotAsWritten[] {
  if (typeof value === 'string') {
    const host = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) && URL.canParse(value) ? new URL(value).host : '';
    return host === '' || readHost(value) === host ? [] : [{ written: value, host }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((inner) => hostsNotAsWritten(inner));
}

/** Returns the host and port as written in an address, without the default port. */
function readHost(text: string): string {
  const [, scheme = '', authority = ''] = /^([a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(text) ?? [];
  const implied = scheme.toLowerCase() === 'https' ? ':443' : ':80';
  return (authority.endsWith(implied) ? authority.slice(0, -implied.length) : authority).toLowerCase();
}
