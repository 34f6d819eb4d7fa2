import type { Finding } from '../../documents/content-structures.ts';
import { judgeBreakout } from './judge-breakout.ts';
import { readBreakout } from './read-breakout.ts';

/**
 * Reads a text as what follows in a statement that holds it: as it is, or from its first quotation mark on, which ends
 * the string around it. Prose breaks the grammar after a word or two, so the reading ends early. It is a hit if the
 * statement has another structure than with a plain value.
 */
export function parseBreakout(text: string, quote: '' | "'" | '"'): Finding | undefined {
  if (quote === '') return judge(text, 0, '');
  const from = text.indexOf(quote) + 1;
  if (from === 0) return undefined;
  const found = judge(text, from, quote);
  if (found !== undefined || text.charCodeAt(from - 2) !== 0x5c) return found;
  // Where a backslash escapes, the next mark ends the string.
  const second = text.indexOf(quote, from) + 1;
  return second === 0 ? undefined : judge(text, second, quote);
}

function judge(text: string, from: number, quote: '' | "'" | '"'): Finding | undefined {
  const reading = readBreakout(text, from, quote);
  const structure = judgeBreakout(reading);
  return structure === undefined ? undefined : { structure, shape: reading.shape };
}
