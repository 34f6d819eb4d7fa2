/** The filled fields of an HL7 v2 message, one row each, named in the person's language. */
import type { Language } from '../../../engine/contract/error-texts.ts';
import { hl7FieldName, hl7SegmentName } from './hl7-names.ts';

export interface Hl7Row {
  /** `PID-5`, with the number of the segment where it stands several times: `OBX(2)-5`. */
  readonly path: string;
  readonly segment: string;
  readonly name: string;
  readonly value: string;
}

export function hl7Rows(text: string, language: Language): readonly Hl7Row[] {
  const separator = text[3] ?? '|';
  const seen = new Map<string, number>();
  return text
    .split(/\r\n|\r|\n/)
    .filter((line) => line !== '')
    .flatMap((line) => {
      const [segment = '', ...fields] = line.split(separator);
      const count = (seen.get(segment) ?? 0) + 1;
      seen.set(segment, count);
      const place = count === 1 ? segment : `${segment}(${count})`;
      // The separator itself is the first field of the header.
      const first = segment === 'MSH' ? 2 : 1;
      return fields.flatMap((value, index) => {
        const field = index + first;
        const name = hl7FieldName(segment, field, undefined, language) ?? '—';
        return value === '' ? [] : [{ path: `${place}-${field}`, segment: hl7SegmentName(segment, language) ?? segment, name, value }];
      });
    });
}
