export interface HostNotAsWritten {
  readonly written: string;
  /** Host and port as the network knows them: names in punycode, numbers in four parts. */
  readonly host: string;
}

/** Every address within a document whose host is another text than the one that is read. */
export function hostsNotAsWritten(value: unknown): readonly HostNotAsWritten[] {
  if (typeof value === 'string') {
    const host = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) && URL.canParse(value) ? new URL(value).host : '';
    return host === '' || readHost(value) === host ? [] : [{ written: value, host }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((inner) => hostsNotAsWritten(inner));
}

/** What stands between the scheme and the path, without the port that the scheme implies. */
function readHost(text: string): string {
  const [, scheme = '', authority = ''] = /^([a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(text) ?? [];
  const implied = scheme.toLowerCase() === 'https' ? ':443' : ':80';
  return (authority.endsWith(implied) ? authority.slice(0, -implied.length) : authority).toLowerCase();
}
