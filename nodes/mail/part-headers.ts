/** What the headers of a mail or of a part say about its body (RFC 2045, RFC 2183). */
export interface PartHeaders {
  readonly isText: boolean;
  readonly isMultipart: boolean;
  readonly boundary: string | undefined;
  readonly encoding: 'base64' | 'none' | 'other';
}

/** `lines` are the lines of the header, without their line breaks. */
export function readPartHeaders(lines: readonly string[]): PartHeaders {
  const { type = '', disposition = '', encoding = '' } = valuesOf(lines);
  const mediaType = firstWord(type) || 'text/plain';
  const isMultipart = mediaType.startsWith('multipart/');
  return {
    isText: (mediaType === 'text/plain' || mediaType === 'text/html') && firstWord(disposition) !== 'attachment',
    isMultipart,
    boundary: isMultipart ? boundaryOf(type) : undefined,
    encoding: encodingOf(encoding),
  };
}

const NAMES: ReadonlyMap<string, 'type' | 'disposition' | 'encoding'> = new Map([
  ['content-type', 'type'],
  ['content-disposition', 'disposition'],
  ['content-transfer-encoding', 'encoding'],
]);

function valuesOf(lines: readonly string[]): { type?: string; disposition?: string; encoding?: string } {
  const parts: { type?: string[]; disposition?: string[]; encoding?: string[] } = {};
  let current: string[] | undefined;
  for (const line of lines) {
    if (/^[ \t]/.test(line)) {
      current?.push(line);
      continue;
    }
    const colon = line.indexOf(':');
    const name = NAMES.get(line.slice(0, Math.max(0, colon)).trim().toLowerCase());
    current = name === undefined ? undefined : (parts[name] = [line.slice(colon + 1)]);
  }
  return Object.fromEntries(Object.entries(parts).map(([name, values]) => [name, values.join('')]));
}

const firstWord = (value: string) => value.split(';', 1)[0]!.trim().toLowerCase();

function boundaryOf(type: string): string | undefined {
  const [, quoted, bare] = /;\s*boundary\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(type) ?? [];
  return quoted?.replaceAll(/\\(.)/g, '$1') ?? bare;
}

function encodingOf(value: string): PartHeaders['encoding'] {
  const name = value.trim().toLowerCase();
  if (name === 'base64') return 'base64';
  return ['', '7bit', '8bit', 'binary'].includes(name) ? 'none' : 'other';
}
