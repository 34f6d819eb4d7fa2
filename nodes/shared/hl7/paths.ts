/**
 * Paths into a message, in the notation of HL7: `PID-5.1`, `PID-3[2].4.2`, `OBX[3]-5`, `OBR[*]-4`. Numbers count from
 * 1. A segment or repetition without a number is the first one; `[*]` means all of them. A path without components
 * means the whole field.
 */
import { AppError } from '../../../engine/contract/values/errors.ts';
import { escapeHl7, unescapeHl7 } from './escapes.ts';
import { fieldText, segmentName, type Delimiters, type Hl7Message } from './message.ts';

export interface Hl7Path {
  readonly segment: string;
  /** The number, from 1; `undefined` for all. */
  readonly occurrence: number | undefined;
  readonly field: number;
  readonly repetition: number | undefined;
  readonly component: number | undefined;
  readonly subcomponent: number | undefined;
}

const PATH = /^([A-Z][A-Z0-9]{2})(?:\[(\d{1,4}|\*)\])?-(\d{1,3})(?:\[(\d{1,4}|\*)\])?(?:\.(\d{1,3})(?:\.(\d{1,3}))?)?$/;

/** Parses a path. Throws HL7_PATH_WRONG (input) if the text is not a path. */
export function parseHl7Path(text: string): Hl7Path {
  const match = PATH.exec(text);
  const [, segment, occurrence, field, repetition, component, subcomponent] = match ?? [];
  const numbers = [occurrence, field, repetition, component, subcomponent];
  if (segment === undefined || numbers.some((number) => number !== undefined && /^0+$/.test(number))) {
    throw new AppError('HL7_PATH_WRONG', 'input', 'This is not an HL7 path.', {
      fix: 'Write for example PID-5.1, PID-3[2].4.2 or OBX[*]-5; numbers start at 1.',
    });
  }
  return {
    segment,
    occurrence: countOf(occurrence),
    field: Number(field),
    repetition: countOf(repetition),
    component: component === undefined ? undefined : Number(component),
    subcomponent: subcomponent === undefined ? undefined : Number(subcomponent),
  };
}

/** Returns the first value at a path, decoded; undefined if there is none. `path` is text or a parsed path. */
export function getHl7(message: Hl7Message, path: string | Hl7Path): string | undefined {
  for (const value of valuesAt(message, typeof path === 'string' ? parseHl7Path(path) : path)) return value;
  return undefined;
}

/** Returns every value at a path with `[*]`, in order. */
export function getAllHl7(message: Hl7Message, path: string | Hl7Path): string[] {
  return [...valuesAt(message, typeof path === 'string' ? parseHl7Path(path) : path)];
}

/**
 * Returns a new message with a value set. Missing fields, repetitions and components before the value are created
 * empty. Throws HL7_PATH_ABSENT (input) if the segment does not occur. MSH-1 and MSH-2 cannot be set.
 */
export function setHl7(message: Hl7Message, path: string | Hl7Path, value: string): Hl7Message {
  const place = typeof path === 'string' ? parseHl7Path(path) : path;
  const isDelimiterField = place.segment === 'MSH' && place.field < 3;
  const indexes = isDelimiterField ? [] : segmentIndexes(message, place);
  if (indexes.length === 0) {
    throw new AppError('HL7_PATH_ABSENT', 'input', `The message has no ${place.segment} segment in which the value could be set.`, {
      values: { segment: place.segment },
    });
  }
  const segments = [...message.segments];
  for (const index of indexes)
    segments[index] = setInSegment(segments[index]!, place, escapeHl7(value, message.delimiters), message.delimiters);
  return { ...message, segments };
}

function* valuesAt(message: Hl7Message, path: Hl7Path): Generator<string> {
  const { delimiters } = message;
  for (const index of segmentIndexes(message, path)) {
    const field = fieldText(message.segments[index]!, path.field, delimiters);
    if (field === undefined) continue;
    if (path.segment === 'MSH' && path.field < 3) {
      yield field;
      continue;
    }
    const one = path.repetition === undefined ? undefined : partAt(field, delimiters.repetition, path.repetition);
    for (const repetition of path.repetition === undefined ? split(field, delimiters.repetition) : one === undefined ? [] : [one]) {
      const part = partOf(repetition, path, delimiters);
      if (part !== undefined) yield unescapeHl7(part, delimiters);
    }
  }
}

function partOf(repetition: string, path: Hl7Path, delimiters: Delimiters): string | undefined {
  if (path.component === undefined) return repetition;
  const component = partAt(repetition, delimiters.component, path.component);
  if (component === undefined || path.subcomponent === undefined) return component;
  return partAt(component, delimiters.subcomponent, path.subcomponent);
}

/** Returns the part with this number, counted from 1. It does not read the parts after it. */
function partAt(text: string, separator: string, number: number): string | undefined {
  return separator === '' ? (number === 1 ? text : undefined) : text.split(separator, number)[number - 1];
}

function segmentIndexes(message: Hl7Message, path: Hl7Path): number[] {
  const indexes: number[] = [];
  for (let index = 0; index < message.segments.length; index++) {
    if (segmentName(message.segments[index]!, message.delimiters) !== path.segment) continue;
    indexes.push(index);
    if (indexes.length === path.occurrence) return [index];
  }
  return path.occurrence === undefined ? indexes : [];
}

function setInSegment(line: string, path: Hl7Path, raw: string, delimiters: Delimiters): string {
  const index = path.segment === 'MSH' ? path.field - 1 : path.field;
  return setPart(line, delimiters.field, index, (field) => {
    const count = split(field, delimiters.repetition).length;
    const first = path.repetition === undefined ? 0 : path.repetition - 1;
    const last = path.repetition === undefined ? count - 1 : first;
    let changed = field;
    for (let repetition = first; repetition <= last; repetition++) {
      changed = setPart(changed, delimiters.repetition, repetition, (text) => setInRepetition(text, path, raw, delimiters));
    }
    return changed;
  });
}

function setInRepetition(text: string, path: Hl7Path, raw: string, delimiters: Delimiters): string {
  if (path.component === undefined) return raw;
  return setPart(text, delimiters.component, path.component - 1, (component) =>
    path.subcomponent === undefined ? raw : setPart(component, delimiters.subcomponent, path.subcomponent - 1, () => raw),
  );
}

function setPart(text: string, separator: string, index: number, change: (part: string) => string): string {
  const parts = split(text, separator);
  if (separator === '' && index > 0)
    throw new AppError('HL7_PATH_ABSENT', 'input', 'This message defines no delimiter for that level (MSH-2).', {
      values: { problem: 'delimiter' },
    });
  while (parts.length <= index) parts.push('');
  parts[index] = change(parts[index]!);
  return parts.join(separator);
}

/**
 * Splits text by a separator. Without a separator the text is one part; `''.split('')` would split it into
 * characters.
 */
function split(text: string, separator: string): string[] {
  return separator === '' ? [text] : text.split(separator);
}

function countOf(text: string | undefined): number | undefined {
  return text === '*' ? undefined : Number(text ?? 1);
}
