/**
 * Escape sequences (HL7 v2.8, 2.7). `\F\ \S\ \T\ \R\ \E\` stand for delimiters and are decoded. Formatting (`\.br\`),
 * highlighting (`\H\`), bytes (`\X0D\`) and charset switches have a meaning only for the reader of the text. They
 * stay unchanged when a message is read or written.
 */
import { tooMany, type Delimiters } from './message.ts';

/** Matches sequences that pass through unchanged. Anything else between two escape characters is plain text. */
const KEPT = /^(?:H|N|\.[a-z]{2}[+-]?\d{0,5}|[XZ][0-9A-Za-z]{0,200}|[CM][0-9A-F]{4,6})$/;

/**
 * Maximum number of escape and control characters in one value. Processing this many takes about 50 ms. Even the
 * longest real reports contain fewer.
 */
const MAX_SPECIAL = 200_000;

/**
 * Returns whether a value has characters that can be written in more than one way. Throws HL7_TOO_MANY_PARTS (input)
 * if there are too many.
 */
export function hasSpellings(text: string, { escape }: Delimiters): boolean {
  const hasEscapes = escape !== '' && text.includes(escape);
  if (text.length <= MAX_SPECIAL) return hasEscapes || CONTROL.test(text);
  let controls = 0;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 0x20) controls += 1;
  if (controls > MAX_SPECIAL) throw tooMany('escapes', MAX_SPECIAL);
  return hasEscapes || controls > 0;
}

const CONTROL = /[\u0000-\u001f]/;

export function unescapeHl7(raw: string, delimiters: Delimiters): string {
  const { escape } = delimiters;
  if (escape === '' || !raw.includes(escape)) return raw;
  let text = '';
  let from = 0;
  let left = MAX_SPECIAL;
  for (let open = raw.indexOf(escape); open >= 0; open = raw.indexOf(escape, from)) {
    const close = raw.indexOf(escape, open + 1);
    if (close < 0) break;
    if (left-- === 0) throw tooMany('escapes', MAX_SPECIAL);
    const meaning = delimiterNamed(raw.slice(open + 1, close), delimiters);
    if (meaning !== undefined) {
      text += raw.slice(from, open) + meaning;
      from = close + 1;
    } else if (KEPT.test(raw.slice(open + 1, close))) {
      text += raw.slice(from, close + 1);
      from = close + 1;
    } else {
      // This is no escape sequence, so the escape character is text. The next escape character may start a sequence.
      text += raw.slice(from, open + 1);
      from = open + 1;
    }
  }
  return text + raw.slice(from);
}

/**
 * Escapes a value for use inside a component. Line ends become `\X0D\` and `\X0A\`, because a line end would end the
 * segment.
 */
export function escapeHl7(text: string, delimiters: Delimiters): string {
  const { field, component, repetition, escape, subcomponent } = delimiters;
  if (isPlain(text, delimiters)) return text;
  let raw = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === escape) {
      const close = text.indexOf(escape, i + 1);
      const isKept = close > 0 && KEPT.test(text.slice(i + 1, close));
      raw += isKept ? text.slice(i, close + 1) : sequence('E', escape);
      if (isKept) i = close;
    } else if (character === field) raw += sequence('F', escape);
    else if (character === component) raw += sequence('S', escape);
    else if (character === subcomponent) raw += sequence('T', escape);
    else if (character === repetition) raw += sequence('R', escape);
    else if (character < ' ') raw += sequence(`X${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`, escape);
    else raw += character;
  }
  return raw;
}

/**
 * Returns whether nothing must be escaped, which is true for nearly every value. The native searches are faster than
 * a loop over the characters.
 */
function isPlain(text: string, { field, component, repetition, escape, subcomponent }: Delimiters): boolean {
  for (const delimiter of [field, component, repetition, escape, subcomponent])
    if (delimiter !== '' && text.includes(delimiter)) return false;
  return !CONTROL.test(text);
}

/**
 * Returns an escape sequence. If the message has no escape character, a delimiter cannot be part of a text. It becomes
 * a space.
 */
function sequence(name: string, escape: string): string {
  return escape === '' ? ' ' : escape + name + escape;
}

function delimiterNamed(name: string, delimiters: Delimiters): string | undefined {
  switch (name) {
    case 'F':
      return delimiters.field;
    case 'S':
      return delimiters.component;
    case 'T':
      return delimiters.subcomponent;
    case 'R':
      return delimiters.repetition;
    case 'E':
      return delimiters.escape;
    default:
      return undefined;
  }
}
