export interface HostNotAsWritten {
  readonly written: string;
  /** Host and port as the network uses them: punycode names and dotted numeric addresses. */
  readonly host: string;
}

/** Returns every address in a document whose real host differs from the text that a person reads. */
export function hostsNotAsWritten(value: unknown): readonly HostNotAsWritten[] {
  if (typeof value === 'string') {
    const host = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) && URL.canParse(value) ? new URL(value).host : '';
    return host === '' || readHost(value) === host ? [] : [{ written: value, host }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((inner) => hostsNotAsWritten(inner));
}

/** Returns the text between scheme and path, without the scheme's default port. */
function readHost(text: string): string {
  const [, scheme = '', authority = ''] = /^([a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(text) ?? [];
  const implied = scheme.toLowerCase() === 'https' ? ':443' : ':80';
  return (authority.endsWith(implied) ? authority.slice(0, -implied.length) : authority).toLowerCase();
}
