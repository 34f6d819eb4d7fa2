/** Limits and small tools that reading and writing of HL7 as data share. */

/** The name of a segment; other lines are kept as text. */
export const SEGMENT = /^[A-Z][A-Z0-9]{2}$/;

/**
 * Maximum number of fields in a segment and of components in a field. It is this high because some devices send the
 * points of a curve as components.
 */
export const MAX_PARTS = 20_000;

/** Number of characters that are processed without a break. For longer text, other work runs in between. */
export const LONG = 8 * 1024;

/** Counted for each field or repetition in addition to its characters, because even an empty one takes time. */
export const PART_COST = 16;

/** Splits text; without a separator the text is one part. */
export function split(text: string, separator: string): string[] {
  return separator === '' || !text.includes(separator) ? [text] : text.split(separator);
}

/** The names of the parts that nearly all messages use: building one costs more than reading the value. */
const FIELD_KEYS = Array.from({ length: 80 }, (_, number) => `f${number}`);
const COMPONENT_KEYS = Array.from({ length: 40 }, (_, number) => `c${number}`);
const FIRST_KEYS = Array.from({ length: 40 }, (_, number) => `c${number}s1`);

export function fieldKey(number: number): string {
  return FIELD_KEYS[number] ?? `f${number}`;
}

export function componentKey(number: number): string {
  return COMPONENT_KEYS[number] ?? `c${number}`;
}

export function subcomponentKey(component: number, subcomponent: number): string {
  return (subcomponent === 1 ? FIRST_KEYS[component] : undefined) ?? `c${component}s${subcomponent}`;
}
