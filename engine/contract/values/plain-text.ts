/**
 * Names and labels appear in lists, logs, terminals and exports. Control characters (C0, C1) can control a terminal.
 * Characters that change the direction of text (UAX #9, 2.1 to 2.2: U+202A to U+202E, U+2066 to U+2069) can make a
 * name look like another one.
 */

/** The pattern for one line: a name, a label, a tag. */
export const PLAIN_LINE = '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069]*$';

/** The pattern for several lines: a description, a note. */
export const PLAIN_TEXT = '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]*$';

/**
 * The pattern for a text that shares a line of the audit log with other texts. It is `PLAIN_LINE` without invisible
 * characters (zero width, direction marks, tags).
 */
export const PLAIN_REASON =
  '^[^\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u2069\\ufeff\\u{e0000}-\\u{e007f}]*$';

/** Returns true for one of these patterns. They have their own error texts, because people cannot read a pattern. */
export function isPlainPattern(pattern: unknown): boolean {
  return pattern === PLAIN_LINE || pattern === PLAIN_TEXT || pattern === PLAIN_REASON;
}
