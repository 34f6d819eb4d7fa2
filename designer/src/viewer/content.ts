/** Decides how a payload is shown: structure, XML, HL7 v2, text, or bytes. Pure. */
import type { ShownMessage } from '../api/operations.ts';
import { parseJson } from '../kit/code/parse-json.ts';

export type Content =
  | { readonly form: 'json'; readonly value: unknown }
  | { readonly form: 'hl7' | 'xml' | 'text'; readonly text: string }
  | { readonly form: 'binary'; readonly bytes: Uint8Array };

export function contentOf({ form, data }: Pick<ShownMessage, 'form' | 'data'>): Content {
  if (form === 'base64') return { form: 'binary', bytes: bytesOf(String(data)) };
  if (typeof data !== 'string') return { form: 'json', value: data };
  if (/^MSH\W/.test(data)) return { form: 'hl7', text: data };
  if (/^\s*</.test(data)) return { form: 'xml', text: data };
  // A truncated text is not valid JSON, so it is shown as text.
  const parsed = /^\s*[[{]/.test(data) ? parseJson(data) : undefined;
  if (parsed !== undefined) return { form: 'json', value: parsed.value };
  return form === 'json' ? { form: 'json', value: data } : { form: 'text', text: data };
}

/** Returns the text for copying and for the source view. */
export function sourceOf(content: Content): string {
  switch (content.form) {
    case 'json':
      return JSON.stringify(content.value, null, 2) ?? 'null';
    case 'binary':
      return hexOf(content.bytes);
    default:
      return content.text;
  }
}

const LINE_BYTES = 16;
const MOST_LINES = 512;

/** Returns a hex dump such as `00000010  4d 53 48 7c …  |MSH|…|`, with one line for every 16 bytes. */
function hexOf(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let start = 0; start < bytes.length && lines.length < MOST_LINES; start += LINE_BYTES) {
    const part = [...bytes.subarray(start, start + LINE_BYTES)];
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${start.toString(16).padStart(8, '0')}  ${hex.padEnd(LINE_BYTES * 3)} |${text}|`);
  }
  return lines.join('\n') + (bytes.length > MOST_LINES * LINE_BYTES ? '\n…' : '');
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
