import type { Finding } from '../../documents/content-structures.ts';
import { parseBreakout } from './parse-breakout.ts';
import { scanFlat } from './scan-flat.ts';

/**
 * Judges whether a decoded value would change the structure of a statement that holds it: anywhere, as a number or
 * name, and in a string of either kind. Linear in the length; throws on no text. Without `hasWords` the text has nothing
 * that a structure inside it needs, without `hasQuotes` no quotation marks.
 */
export function findSqlInjection(text: string, hasWords = true, hasQuotes = true): Finding | undefined {
  const found = (hasWords ? scanFlat(text) : undefined) ?? parseBreakout(text, '');
  if (found !== undefined || !hasQuotes) return found;
  return parseBreakout(text, "'") ?? parseBreakout(text, '"') ?? joined(text);
}

/** Judges the pieces of a keyword that a service puts together again (`'un'+'ion sel'+'ect 1'`, `uni","on sel","ect 1`). */
function joined(text: string): Finding | undefined {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (!isQuote(text.charCodeAt(at))) continue;
    const end = endOfJoint(text, at + 1);
    if (end === 0) continue;
    parts.push(text.slice(from, text.charCodeAt(at - 1) === 0x5c ? at - 1 : at));
    from = end;
    at = end - 1;
  }
  return parts.length < 2 ? undefined : scanFlat(parts.join('') + text.slice(from));
}

/** Returns the position after `"+"`, `' || '`, `","`; 0 if the mark does not join. */
function endOfJoint(text: string, from: number): number {
  let at = from;
  let joints = 0;
  for (; at < from + 8; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x2b || code === 0x7c || code === 0x2c) joints++;
    else if (code !== 0x20 && code !== 0x5c) break;
  }
  return joints > 0 && isQuote(text.charCodeAt(at)) ? at + 1 : 0;
}

function isQuote(code: number): boolean {
  return code === 0x27 || code === 0x22;
}
