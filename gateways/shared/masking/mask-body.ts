import { isRecord } from '../../../engine/contract/values/is-record.ts';
import type { Crypto } from '../../../engine/contract/ports/crypto.ts';
import { parseJson } from '../parse-json.ts';
import { mask, maskText } from './mask-text.ts';
import { rememberNames } from '../remember-names.ts';
import { looksPersonal } from './plain-names.ts';
import { isSensitiveName } from './sensitive-names.ts';

/** Larger bodies are logged as length and digest, because reading them would delay other requests. */
const READ_LIMIT_BYTES = 128 * 1024;
const MAX_NESTED = 3;

/**
 * Returns a body as the access log may store it. Handles JSON (also JSON or Base64 inside a string), XML, forms and plain
 * text. Masks fields by name and values by pattern. A body that cannot be read becomes `[<length> bytes, sm3
 * <digest>]`. `json` is the value of the body if it was parsed already.
 */
export function maskBody(
  body: Uint8Array | undefined,
  contentType: string | undefined,
  extraKeys: ReadonlySet<string>,
  crypto: Crypto,
  json?: unknown,
): string {
  if (body === undefined) return '[streamed]';
  if (body.byteLength === 0) return '';
  const summary = () => `[${body.byteLength} bytes, sm3 ${Buffer.from(crypto.digest('sm3', body)).toString('hex')}]`;
  if (body.byteLength > READ_LIMIT_BYTES) return summary();
  const type = (contentType ?? '').split(';', 1)[0]!.trim().toLowerCase();
  const isSecret = (key: string) => isSensitiveName(key) || (extraKeys.size > 0 && extraKeys.has(key.toLowerCase()));
  if (type === 'application/json' || type.endsWith('+json')) {
    const parsed = json === undefined ? parseJson(body) : { value: json };
    if (!('value' in parsed)) return summary();
    const masked = maskValue(parsed.value, isSecret, 0);
    return masked === parsed.value ? (readText(body) ?? summary()) : JSON.stringify(masked);
  }
  const text = readText(body);
  if (text === undefined) return summary();
  if (type === 'application/x-www-form-urlencoded') return maskForm(text, isSecret) ?? summary();
  if (type === 'text/xml' || type === 'application/xml' || type.endsWith('+xml')) return maskXml(text, isSecret, 0);
  return type === 'text/plain' ? maskString(text, isSecret, 0) : summary();
}

type IsSecret = (key: string) => boolean;

/** Returns the value itself if nothing in it has to be masked, so that most lists and objects are not copied. */
function maskValue(value: unknown, isSecret: IsSecret, nested: number): unknown {
  if (typeof value === 'string') return maskString(value, isSecret, nested);
  if (typeof value === 'number') return maskNumber(value);
  if (Array.isArray(value)) return maskList(value, isSecret, nested);
  return isRecord(value) ? maskRecord(value, isSecret, nested) : value;
}

/** Shorter numbers are never those of a person. */
const LEAST_MASKED = 10_000_000_000;

function maskNumber(value: number): unknown {
  if (Math.abs(value) < LEAST_MASKED) return value;
  const text = String(value);
  const masked = maskText(text);
  return masked === text ? value : masked;
}

function maskList(list: readonly unknown[], isSecret: IsSecret, nested: number): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < list.length; i++) {
    const masked = maskValue(list[i], isSecret, nested);
    if (masked !== list[i]) (copy ??= [...list])[i] = masked;
  }
  return copy ?? list;
}

function maskRecord(record: Readonly<Record<string, unknown>>, isSecret: IsSecret, nested: number): Readonly<Record<string, unknown>> {
  let isMasked = false;
  const entries: [string, unknown][] = [];
  for (const key in record) {
    const item = record[key];
    const name = maskName(key);
    const masked =
      item !== null && isSecret(key) ? (typeof item === 'object' ? '***' : mask(String(item))) : maskValue(item, isSecret, nested);
    if (masked !== item || name !== key) isMasked = true;
    entries.push([name, masked]);
  }
  return isMasked ? Object.fromEntries(entries) : record;
}

/** Names that callers choose may be personal data themselves, also in Base64. */
function maskName(name: string): string {
  if (isPlainName(name)) return name;
  const masked = maskText(name);
  return masked === name ? '***' : masked;
}

const isPlainName = rememberNames((name) => maskText(name) === name && !looksPersonal(name));

/** Masks a string, which may itself be JSON, XML or Base64, as hospital systems often send it. */
function maskString(text: string, isSecret: IsSecret, nested: number): string {
  const first = text.trimStart()[0];
  if (nested < MAX_NESTED && (first === '{' || first === '[')) {
    const parsed = parseJson(Buffer.from(text));
    if ('value' in parsed) return JSON.stringify(maskValue(parsed.value, isSecret, nested + 1));
  }
  if (first === '<') return maskXml(text, isSecret, nested);
  return (nested < MAX_NESTED && maskBase64(text, isSecret, nested)) || maskText(text);
}

/** Shorter texts are names and ids, which Base64 cannot be told from. */
const LEAST_BASE64 = 16;
/** Longer Base64 that is no text is a file. */
const LEAST_FILE = 64;

/**
 * Masks what a Base64 string contains (RFC 4648, both alphabets). Returns undefined if the text is not Base64, or has
 * nothing to mask. A file is replaced by its size, because it cannot be searched for personal data.
 */
function maskBase64(text: string, isSecret: IsSecret, nested: number): string | undefined {
  if (text.length < LEAST_BASE64 || !/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64');
  const inner = readText(bytes);
  if (inner === undefined || hasControls(inner)) return text.length < LEAST_FILE ? undefined : `[${bytes.byteLength} bytes]`;
  const masked = maskString(inner, isSecret, nested + 1);
  return masked === inner ? undefined : Buffer.from(masked).toString('base64');
}

function hasControls(text: string): boolean {
  return /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text);
}

function readText(body: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return undefined;
  }
}

/** `code` is that of a login (RFC 6749, 4.1.2), or names something that a copy of the request can do without. */
function maskForm(text: string, isSecret: IsSecret): string | undefined {
  try {
    return text
      .split('&')
      .map((pair) => {
        const equals = pair.indexOf('=');
        if (equals < 0) return maskText(pair);
        const value = decodeURIComponent(pair.slice(equals + 1).replaceAll('+', ' '));
        const name = decodeURIComponent(pair.slice(0, equals));
        return `${maskName(name)}=${encodeURIComponent(isSecret(name) || name === 'code' ? mask(value) : maskString(value, isSecret, 0))}`;
      })
      .join('&');
  } catch {
    return undefined;
  }
}

/**
 * Masks text and attributes by the name of their element or attribute. Goes from `<` to `>` and parses no further
 * structure, so that malformed XML is masked too.
 */
function maskXml(text: string, isSecret: IsSecret, nested: number): string {
  let masked = '';
  let at = 0;
  let element = '';
  while (at < text.length) {
    const open = text.indexOf('<', at);
    const content = text.slice(at, open < 0 ? text.length : open);
    masked += isSecret(element) && content.trim() !== '' ? '***' : maskContent(content, isSecret, nested);
    if (open < 0) break;
    if (text.startsWith('<![CDATA[', open)) {
      const end = text.indexOf(']]>', open);
      const inner = text.slice(open + 9, end < 0 ? text.length : end);
      masked += `<![CDATA[${isSecret(element) ? '***' : maskContent(inner, isSecret, nested)}]]>`;
      at = end < 0 ? text.length : end + 3;
      continue;
    }
    const close = text.indexOf('>', open);
    const tag = text.slice(open, close < 0 ? text.length : close + 1);
    element = localName(/^<\/?([^\s/>]*)/.exec(tag)![1]!);
    if (tag.startsWith('</')) element = '';
    masked += maskAttributes(tag, isSecret);
    at = open + tag.length;
  }
  return masked;
}

/** Masks the text of an element. Base64 may have line breaks there. */
function maskContent(content: string, isSecret: IsSecret, nested: number): string {
  const joined = content.replaceAll(/\s/g, '');
  return (nested < MAX_NESTED && maskBase64(joined, isSecret, nested)) || maskText(content);
}

/**
 * Masks the attributes of a tag. Matches a name only from its first letter, because retrying at each letter would take
 * quadratic time on a long name without `=`.
 */
function maskAttributes(tag: string, isSecret: IsSecret): string {
  return tag.replaceAll(/(?<![^\s=<>"'/])([^\s=<>"'/]+)=("[^"]*"|'[^']*')/g, (_all, name: string, quoted: string) =>
    isSecret(localName(name)) ? `${name}="***"` : `${name}=${maskText(quoted)}`,
  );
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
