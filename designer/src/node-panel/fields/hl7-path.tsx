import { useText } from '../../i18n/texts.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { HL7_PLACES } from './hl7-words.ts';
import { SuggestInput } from '../../kit/form/inputs/suggest-input.tsx';

export function Hl7PathField(props: FieldProps) {
  const text = useText();
  return <SuggestInput {...props} suggestions={HL7_PLACES.map(({ value, text: words }) => ({ value, note: text(words) }))} />;
}
