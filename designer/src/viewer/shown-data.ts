/** What of a payload is shown, and how: structure, XML, HL7 v2, or text. */
export type Shown = { readonly form: 'json'; readonly value: unknown } | { readonly form: 'hl7' | 'xml' | 'text'; readonly text: string };

/** `data` as it comes over the API: a value, text, or bytes in one of the forms that JSON gives them. */
export function shownData(data: unknown, charset: string | undefined): Shown {
  const bytes = bytesOf(data);
  const value = bytes === undefined ? data : decode(bytes, charset);
  if (typeof value !== 'string') return { form: 'json', value: value ?? null };
  if (value.startsWith('MSH')) return { form: 'hl7', text: value };
  if (/^\s*</.test(value)) return { form: 'xml', text: value };
  if (/^\s*[[{]/.test(value)) {
    try {
      return { form: 'json', value: JSON.parse(value) as unknown };
    } catch {
      return { form: 'text', text: value };
    }
  }
  return { form: 'text', text: value };
}

function bytesOf(data: unknown): Uint8Array | undefined {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return undefined;
  const { type, data: list } = data as { readonly type?: unknown; readonly data?: unknown };
  if (type === 'Buffer' && Array.isArray(list)) return Uint8Array.from(list as number[]);
  const entries = Object.entries(data);
  const isBytes = entries.length > 0 && entries.every(([key, value], index) => key === String(index) && Number.isInteger(value));
  return isBytes ? Uint8Array.from(entries.map(([, value]) => value as number)) : undefined;
}

function decode(bytes: Uint8Array, charset = 'utf-8'): string {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
  }
}
