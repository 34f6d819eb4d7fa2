import type { FieldProps } from '../field-props.ts';
import { SuggestInput } from '../inputs/suggest-input.tsx';

const MEDIA_TYPES = [
  'application/json',
  'application/xml',
  'application/fhir+json',
  'application/fhir+xml',
  'application/soap+xml',
  'application/hl7-v2',
  'application/pdf',
  'application/octet-stream',
  'application/x-www-form-urlencoded',
  'text/plain',
  'text/xml',
  'text/html',
  'text/csv',
].map((value) => ({ value }));

export function MediaTypeField(props: FieldProps) {
  return <SuggestInput {...props} suggestions={MEDIA_TYPES} />;
}
