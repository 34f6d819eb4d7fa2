/** Reads and writes `content-type` (RFC 9110, section 8.3). */

export interface MediaType {
  /** Lower case, without parameters; `''` if there is no content type. */
  readonly name: string;
  readonly charset: string | undefined;
}

export function parseMediaType(header: string | undefined): MediaType {
  if (header === undefined) return { name: '', charset: undefined };
  const [name = '', ...parameters] = header.split(';');
  if (parameters.length === 0) return { name: name.trim().toLowerCase(), charset: undefined };
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([\w.:-]{1,40})"?\s*$/i.exec(parameter)?.[1])
    .find((value) => value !== undefined);
  return { name: name.trim().toLowerCase(), charset };
}

export function isJsonType(name: string): boolean {
  return name === 'application/json' || name.endsWith('+json');
}

export function isTextType(name: string): boolean {
  return name.startsWith('text/') || name === 'application/xml' || name.endsWith('+xml') || name === 'application/x-www-form-urlencoded';
}
