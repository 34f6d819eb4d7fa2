/**
 * Reads an HL7 v2 message by segments, and the filled fields of a segment with their components, named in the user's
 * language.
 */
import type { Language } from '../../../engine/contract/error-texts/error-texts.ts';
import { hl7FieldName, hl7SegmentName, hl7SubcomponentName } from './hl7-names.ts';

export interface Hl7Line {
  /** The name of the segment, for example `PID`, or `OBX[2]` for the second OBX. */
  readonly place: string;
  readonly segment: string;
  /** The text of the segment, unchanged. */
  readonly text: string;
}

export interface Hl7Message {
  readonly lines: readonly Hl7Line[];
  readonly separators: { readonly field: string; readonly component: string; readonly repetition: string; readonly subcomponent: string };
}

export interface Hl7Row {
  /** The path in the notation of conditions and mappings: `PID-5`, `OBX[2]-5`, `PID-3[2].1`. */
  readonly path: string;
  readonly name: string;
  readonly value: string;
  /** The components or subcomponents that are not empty, if there are several. */
  readonly children?: readonly Hl7Row[];
}

/** Returns one line per segment. Fields are parsed only when needed, so that ten thousand segments cost little. */
export function hl7Message(text: string): Hl7Message {
  const separators = { field: text[3] ?? '|', component: text[4] ?? '^', repetition: text[5] ?? '~', subcomponent: text[7] ?? '&' };
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
  // MSH-1 is the field separator itself, and MSH-2 contains the other separators.
  const first = segment === 'MSH' ? 2 : 1;
  const values = text.split(separators.field).slice(1);
  return values.flatMap((value, index): readonly Hl7Row[] => {
    const field = index + first;
    if (value === '') return [];
    const row = { path: `${place}-${field}`, name: hl7FieldName(segment, field, undefined, language) ?? '—', value };
    if (segment === 'MSH' && field === 2) return [row];
    const children = componentsOf(value, { path: row.path, segment, field, separators, language });
    return [children.length === 0 ? row : { ...row, children }];
  });
}

interface FieldPlace extends Pick<Hl7Message, 'separators'> {
  readonly path: string;
  readonly segment: string;
  readonly field: number;
  readonly language: Language;
}

/** Returns the components of all repetitions; none if the field is one text. */
function componentsOf(value: string, place: FieldPlace): readonly Hl7Row[] {
  const { component, repetition, subcomponent } = place.separators;
  if (![component, repetition, subcomponent].some((separator) => value.includes(separator))) return [];
  return value.split(repetition).flatMap((repeated, at) => {
    const own = at === 0 ? place.path : `${place.path}[${at + 1}]`;
    return repeated.split(component).flatMap((part, position): readonly Hl7Row[] => {
      if (part === '') return [];
      const number = position + 1;
      const row = { path: `${own}.${number}`, name: hl7FieldName(place.segment, place.field, number, place.language) ?? '—', value: part };
      return [part.includes(subcomponent) ? { ...row, children: subcomponentsOf(row, number, place) } : row];
    });
  });
}

function subcomponentsOf(
  { path, value }: Hl7Row,
  component: number,
  { segment, field, separators, language }: FieldPlace,
): readonly Hl7Row[] {
  return value.split(separators.subcomponent).flatMap((part, position): readonly Hl7Row[] => {
    const subcomponent = position + 1;
    const name = hl7SubcomponentName({ segment, field, component, subcomponent }, language) ?? '—';
    return part === '' ? [] : [{ path: `${path}.${subcomponent}`, name, value: part }];
  });
}

/** Returns the rows that match the query in their path, name or value, or in those of a component. */
export function findRows(rows: readonly Hl7Row[], query: string): readonly Hl7Row[] {
  const wanted = query.trim().toLowerCase();
  const fits = ({ path, name, value, children = [] }: Hl7Row): boolean =>
    [path, name, value].some((text) => text.toLowerCase().includes(wanted)) || isFirstPart(path, wanted, children) || children.some(fits);
  return wanted === '' ? rows : rows.filter(fits);
}

/** A text without parts is its own first part: PID-3.4.1 finds PID-3.4, and PID-8.1 finds PID-8, if they have no others. */
function isFirstPart(path: string, wanted: string, children: readonly Hl7Row[]): boolean {
  const own = path.toLowerCase();
  return children.length === 0 && (wanted === `${own}.1` || wanted === `${own}.1.1`);
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
