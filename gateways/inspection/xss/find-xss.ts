import type { Finding } from '../../documents/content-structures.ts';
import { scanHtml } from './scan-html.ts';
import { scanScript } from './scan-script.ts';

/**
 * Judges whether a decoded value would add markup or script to a page that shows it. Linear in the length; throws on no
 * text. Without `hasMarkup` or `hasScript` the text has nothing that a finding of this kind needs.
 */
export function findXss(text: string, hasMarkup = true, hasScript = true): Finding | undefined {
  const found = (hasMarkup ? scanHtml(text) : undefined) ?? (hasScript ? scanScript(text) : undefined);
  return found ?? (hasMarkup ? withoutTags(text) : undefined);
}

/** Filters that take tags out make new names of the rest (`onfo<x>cus=`). */
function withoutTags(text: string): Finding | undefined {
  if (!text.includes('<') || !text.includes('=')) return undefined;
  const parts: string[] = [];
  let from = 0;
  let splitsWord = false;
  for (let open = text.indexOf('<'); open >= 0; open = text.indexOf('<', from)) {
    const close = text.indexOf('>', open);
    if (close < 0) break;
    parts.push(text.slice(from, open));
    from = close + 1;
    splitsWord ||= isLetter(text.charCodeAt(open - 1)) && isLetter(text.charCodeAt(from));
  }
  return !splitsWord || parts.length === 0 ? undefined : scanHtml(parts.join('') + text.slice(from));
}

function isLetter(code: number): boolean {
  return (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
}
