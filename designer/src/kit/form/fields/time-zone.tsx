import { useLanguage } from '../../../i18n/texts.ts';
import type { FieldProps } from '../field-props.ts';
import { SuggestInput } from '../inputs/suggest-input.tsx';
import { timeZones } from '../inputs/time-zones.ts';

export function TimeZoneField(props: FieldProps) {
  return <SuggestInput {...props} suggestions={timeZones(useLanguage())} />;
}
