/** What a locator found in a request or a response. */

/**
 * `values`: the ids, as text, in their order, and the number of places where the field is missing.
 * `ambiguous`: two readers could take different values, so the request is refused.
 * `unlike`: the body has another media type, so the field cannot be there.
 */
export type Found =
  | { readonly kind: 'values'; readonly values: readonly string[]; readonly missing: number }
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'unlike' };

export const AMBIGUOUS: Found = Object.freeze({ kind: 'ambiguous' });
export const UNLIKE: Found = Object.freeze({ kind: 'unlike' });
export const MISSING: Found = Object.freeze({ kind: 'values', values: [], missing: 1 });

/** Longer ids are refused. */
export const MOST_ID_CHARS = 1024;
/** Control characters, among them NUL, at which some readers end a text. */
const CONTROL = /[\x00-\x1f\x7f-\x9f]/;

/** Returns the text as found; `AMBIGUOUS` if readers could understand it differently. */
export function foundText(text: string): Found {
  return isPlainText(text) ? { kind: 'values', values: [text], missing: 0 } : AMBIGUOUS;
}

export function isPlainText(text: string): boolean {
  return text.length <= MOST_ID_CHARS && !CONTROL.test(text) && text.isWellFormed();
}

/** Returns whether a text that was decoded once would change if it were decoded again, as some services do. */
export function isEncodedTwice(decoded: string): boolean {
  return /%[0-9a-f]{2}/i.test(decoded);
}

/**
 * Returns a name as the most lenient readers compare it. Go and .NET ignore case; Unicode folds `ſ` to `s`, and Java
 * compares `ı` and `İ` with `i`. Others normalise compatibility characters, ignore invisible ones, or end at NUL.
 */
export function foldName(name: string): string {
  const end = name.indexOf('\0');
  const whole = end < 0 ? name : name.slice(0, end);
  if (ASCII.test(whole)) return whole.toLowerCase();
  return whole.normalize('NFKC').replaceAll(INVISIBLE, '').replaceAll('İ', 'i').toUpperCase().toLowerCase();
}

const ASCII = /^[\x00-\x7f]*$/;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
