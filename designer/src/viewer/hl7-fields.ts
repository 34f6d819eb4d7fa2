/**
 * Reads an HL7 v2 message by segments, and the filled fields of a segment with their components, named in the user's
 * language.
 */
import type { Language } from '../../../engine/contract/error-texts/error-texts.ts';
import { hl7FieldName, hl7SegmentName } from './hl7-names.ts';

export interface Hl7Line {
  /** The name of the segment, for example `PID`, or `OBX[2]` for the second OBX. */
  readonly place: string;
  readonly segment: string;
  /** The text of the segment, unchanged. */
  readonly text: string;
}

export interface Hl7Message {
  readonly lines: readonly Hl7Line[];
  readonly separators: { readonly field: string; readonly component: string; readonly repetition: string };
}

export interface Hl7Row {
  /** The path in the notation of conditions and mappings: `PID-5`, `OBX[2]-5`, `PID-3[2].1`. */
  readonly path: string;
  readonly name: string;
  readonly value: string;
  /** The components that are not empty, if there are several. */
  readonly children?: readonly Hl7Row[];
}

/** Returns one line per segment. Fields are parsed only when needed, so that ten thousand segments cost little. */
export function hl7Message(text: string): Hl7Message {
  const separators = { field: text[3] ?? '|', component: text[4] ?? '^', repetition: text[5] ?? '~' };
  const seen = new Map<string, number>();
  const lines = text
    .split(/\r\n|\r|\n/)
    .filter((line) => line !== '')
    .map((line): Hl7Line => {
      const end = line.indexOf(separators.field);
      const segment = end < 0 ? line : line.slice(0, end);
      const count = (seen.get(segment) ?? 0) + 1;
      seen.set(segment, count);
      return { place: count === 1 ? segment : `${segment}[${count}]`, segment, text: line };
    });
  return { lines, separators };
}

export function segmentName({ segment }: Hl7Line, language: Language): string {
  return hl7SegmentName(segment, language) ?? segment;
}

export function fieldsOf({ place, segment, text }: Hl7Line, { separators }: Hl7Message, language: Language): readonly Hl7Row[] {
  const { component, repetition } = separators;
  // MSH-1 is the field separator itself, and MSH-2 contains the other separators.
  const first = segment === 'MSH' ? 2 : 1;
  const values = text.split(separators.field).slice(1);
  return values.flatMap((value, index): readonly Hl7Row[] => {
    const field = index + first;
    if (value === '') return [];
    const path = `${place}-${field}`;
    const row = { path, name: hl7FieldName(segment, field, undefined, language) ?? '—', value };
    const isPlain = (segment === 'MSH' && field === 2) || !(value.includes(component) || value.includes(repetition));
    if (isPlain) return [row];
    const named = (number: number) => hl7FieldName(segment, field, number, language) ?? '—';
    const children = value.split(repetition).flatMap((repeated, at) => {
      const own = at === 0 ? path : `${path}[${at + 1}]`;
      return repeated.split(component).flatMap((part, position): readonly Hl7Row[] => {
        const number = position + 1;
        return part === '' ? [] : [{ path: `${own}.${number}`, name: named(number), value: part }];
      });
    });
    return [{ ...row, children }];
  });
}

/** Returns the rows that match the query in their path, name or value, or in those of a component. */
export function findRows(rows: readonly Hl7Row[], query: string): readonly Hl7Row[] {
  const wanted = query.trim().toLowerCase();
  const fits = ({ path, name, value, children = [] }: Hl7Row): boolean =>
    [path, name, value].some((text) => text.toLowerCase().includes(wanted)) || children.some(fits);
  return wanted === '' ? rows : rows.filter(fits);
}

/**
 * Maximum number of segments in which field names are searched. Texts and segment names are searched in all segments.
 */
const MOST_NAMED = 2_000;

/** Returns the segments that contain the query or have a field with a matching name. */
export function findLines(message: Hl7Message, query: string, language: Language): readonly Hl7Line[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return message.lines;
  let left = MOST_NAMED;
  return message.lines.filter((line) => {
    const texts = [line.text, line.place, segmentName(line, language)];
    if (texts.some((text) => text.toLowerCase().includes(wanted))) return true;
    left -= 1;
    return left >= 0 && findRows(fieldsOf(line, message, language), query).length > 0;
  });
}
