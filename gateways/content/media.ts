/** The media type of a body, with the parameters that change how it is read. */
export interface Media {
  /** `type/subtype` in lower case; `''` if there is none. */
  readonly type: string;
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const PARAMETER = /^\s*([^\s=;"]+)=(?:"([^"\\]*)"|([^\s";=]*))\s*$/;

/** Returns `type/subtype` in lower case, also if its parameters are malformed. */
export function mediaTypeOf(header: string): string {
  return header.split(';', 1)[0]!.trim().toLowerCase();
}

/** Parses `Content-Type`. Returns undefined if a parameter is repeated or malformed, because readers then differ. */
export function parseMedia(header: string | undefined): Media | undefined {
  const text = header ?? '';
  const rest = text.split(';').slice(1);
  const parameters = new Map<string, string>();
  for (const part of rest) {
    if (part.trim() === '') continue;
    const found = PARAMETER.exec(part);
    const name = found?.[1]!.toLowerCase();
    if (name === undefined || parameters.has(name)) return undefined;
    parameters.set(name, found![2] ?? found![3]!);
  }
  return { type: mediaTypeOf(text), parameters };
}

/** Returns whether a body of this media type is UTF-8. ASCII is a part of it. */
export function isUtf8({ parameters }: Media): boolean {
  const charset = parameters.get('charset')?.toLowerCase();
  return charset === undefined || charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii';
}

export function isJsonType(type: string): boolean {
  return type === 'application/json' || type.endsWith('+json');
}

export function isXmlType(type: string): boolean {
  return type === 'application/xml' || type === 'text/xml' || type.endsWith('+xml');
}

export const URL_FORM = 'application/x-www-form-urlencoded';

/** Some readers take every `multipart/…` for a form. */
export function isFormType(type: string): boolean {
  return type === URL_FORM || type.startsWith('multipart/');
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Decodes UTF-8; returns undefined for other bytes. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
