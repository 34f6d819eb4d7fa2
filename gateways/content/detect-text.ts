import { isUtf8 } from 'node:buffer';
import { isGb18030 } from './decode-chinese.ts';

/** `html`, `svg` and `script` are texts that a browser or a server would run. */
export type TextKind = 'text' | 'json' | 'xml' | 'html' | 'svg' | 'script';

/**
 * Returns what kind of text the bytes are; undefined if they are no text. A text is valid UTF-8 or GB18030 without
 * control characters but tab, line breaks and form feed. JSON and XML are recognised by their first and last sign, and
 * not parsed: an interface that needs valid ones has a schema. Linear.
 */
export function detectText(content: Uint8Array): TextKind | undefined {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (hasControls(bytes)) return undefined;
  if (!isUtf8(bytes) && !isGb18030(bytes)) return undefined;
  const from = skipBlank(bytes, bytes.subarray(0, 3).equals(BOM) ? 3 : 0);
  const start = bytes.toString('latin1', from, from + 5).toLowerCase();
  if (start.startsWith('#!') || start.startsWith('<?php') || start.startsWith('<%')) return 'script';
  const first = start[0];
  const last = lastSign(bytes);
  if (first === '<') return detectMarkup(bytes, from) ?? (last === '>' ? 'xml' : 'text');
  return (first === '{' && last === '}') || (first === '[' && last === ']') ? 'json' : 'text';
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);
const LT = 0x3c;

function hasControls(bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte < 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0c && byte !== 0x0d) return true;
  }
  return false;
}

function skipBlank(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at]! <= 0x20) at++;
  return at;
}

function lastSign(bytes: Buffer): string {
  let at = bytes.length - 1;
  while (at > 0 && bytes[at]! <= 0x20) at--;
  return at < 0 ? '' : String.fromCharCode(bytes[at]!);
}

/** Elements that make a browser take a text for a page, also below another root. */
const PAGE_ROOTS = new Set(['html', 'script', 'iframe', 'xhtml']);

/** Looks behind comments, instructions and the document type for the root element. */
function detectMarkup(bytes: Buffer, from: number): 'html' | 'svg' | undefined {
  let at = from;
  while (bytes[at] === LT) {
    const start = bytes.toString('latin1', at, at + 64).toLowerCase();
    if (/^<!doctype\s+(?:html|svg)/.test(start)) return start.includes('svg') ? 'svg' : 'html';
    const end = endOfProlog(bytes, at, start);
    if (end === undefined) return rootKind(start);
    if (end < 0) return undefined;
    at = skipBlank(bytes, end);
  }
  return undefined;
}

/** Returns where the comment, instruction or document type at this place ends: -1 if it does not, undefined if it is none. */
function endOfProlog(bytes: Buffer, at: number, start: string): number | undefined {
  const mark = start.startsWith('<!--') ? '-->' : start.startsWith('<?') ? '?>' : start.startsWith('<!') ? '>' : undefined;
  if (mark === undefined) return undefined;
  const end = bytes.indexOf(mark, at);
  return end < 0 ? -1 : end + mark.length;
}

function rootKind(start: string): 'html' | 'svg' | undefined {
  const name = /^<(?:[\w.-]+:)?([\w.-]+)/.exec(start)?.[1];
  if (name === 'svg') return 'svg';
  return name !== undefined && PAGE_ROOTS.has(name) ? 'html' : undefined;
}
