/** An HL7 v2 message by its segments, and the filled fields of one, with their components, named in the person's language. */
import type { Language } from '../../../engine/contract/error-texts/error-texts.ts';
import { hl7FieldName, hl7SegmentName } from './hl7-names.ts';

export interface Hl7Line {
  /** `PID`, or `OBX[2]` for the second of its kind. */
  readonly place: string;
  readonly segment: string;
  /** As it stands in the message. */
  readonly text: string;
}

export interface Hl7Message {
  readonly lines: readonly Hl7Line[];
  readonly separators: { readonly field: string; readonly component: string; readonly repetition: string };
}

export interface Hl7Row {
  /** As conditions and mappings name it: `PID-5`, `OBX[2]-5`, `PID-3[2].1`. */
  readonly path: string;
  readonly name: string;
  readonly value: string;
  /** Filled components, where there are several. */
  readonly children?: readonly Hl7Row[];
}

/** One line for each segment; its fields are read when somebody looks at them, so that ten thousand segments cost little. */
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
  // The separator itself is the first field of the header, the others stand in its second.
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

/** Rows of which the place, name or value, or one of a component, holds the words. */
export function findRows(rows: readonly Hl7Row[], query: string): readonly Hl7Row[] {
  const wanted = query.trim().toLowerCase();
  const fits = ({ path, name, value, children = [] }: Hl7Row): boolean =>
    [path, name, value].some((text) => text.toLowerCase().includes(wanted)) || children.some(fits);
  return wanted === '' ? rows : rows.filter(fits);
}

/** Names of fields are looked through in so many segments; what stands in the message is found in all. */
const MOST_NAMED = 2_000;

/** Segments in which the words stand, or of which a field is called so. */
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
