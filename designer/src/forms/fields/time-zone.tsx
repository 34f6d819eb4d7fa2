import { useLanguage } from '../../i18n/texts.ts';
import type { FieldProps } from '../field-props.ts';
import { SuggestInput } from '../suggest-input.tsx';
import { timeZones } from '../time-zones.ts';

export function TimeZoneField(props: FieldProps) {
  return <SuggestInput {...props} suggestions={timeZones(useLanguage())} />;
}
