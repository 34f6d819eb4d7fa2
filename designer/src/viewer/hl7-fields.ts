/** The filled fields of an HL7 v2 message, one row each, with their components, named in the person's language. */
import type { Language } from '../../../engine/contract/error-texts.ts';
import { hl7FieldName, hl7SegmentName } from './hl7-names.ts';

export interface Hl7Row {
  /** As conditions and mappings name it: `PID-5`, `OBX[2]-5`, `PID-3[2].1`. */
  readonly path: string;
  readonly segment: string;
  readonly name: string;
  readonly value: string;
  /** Filled components, where there are several. */
  readonly children?: readonly Hl7Row[];
}

export function hl7Rows(text: string, language: Language): readonly Hl7Row[] {
  const separator = text[3] ?? '|';
  const component = text[4] ?? '^';
  const repetition = text[5] ?? '~';
  const seen = new Map<string, number>();
  return text
    .split(/\r\n|\r|\n/)
    .filter((line) => line !== '')
    .flatMap((line) => {
      const [segment = '', ...fields] = line.split(separator);
      const count = (seen.get(segment) ?? 0) + 1;
      seen.set(segment, count);
      const place = count === 1 ? segment : `${segment}[${count}]`;
      const shownSegment = hl7SegmentName(segment, language) ?? segment;
      // The separator itself is the first field of the header, the others stand in its second.
      const first = segment === 'MSH' ? 2 : 1;
      return fields.flatMap((value, index): readonly Hl7Row[] => {
        const field = index + first;
        if (value === '') return [];
        const path = `${place}-${field}`;
        const row = { path, segment: shownSegment, name: hl7FieldName(segment, field, undefined, language) ?? '—', value };
        const isPlain = (segment === 'MSH' && field === 2) || !(value.includes(component) || value.includes(repetition));
        if (isPlain) return [row];
        const named = (number: number) => hl7FieldName(segment, field, number, language) ?? '—';
        const children = value.split(repetition).flatMap((repeated, at) => {
          const own = at === 0 ? path : `${path}[${at + 1}]`;
          return repeated.split(component).flatMap((part, position): readonly Hl7Row[] => {
            const number = position + 1;
            return part === '' ? [] : [{ path: `${own}.${number}`, segment: shownSegment, name: named(number), value: part }];
          });
        });
        return [{ ...row, children }];
      });
    });
}

/** Rows of which the place, name or value, or one of a component, holds the words. */
export function findRows(rows: readonly Hl7Row[], query: string): readonly Hl7Row[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === '') return rows;
  const fits = ({ path, segment, name, value, children = [] }: Hl7Row): boolean =>
    [path, segment, name, value].some((text) => text.toLowerCase().includes(wanted)) || children.some(fits);
  return rows.filter(fits);
}
