import type { FieldProps } from '../field-props.ts';
import { PathField } from '../path-field.tsx';
import { useMessagePlaces } from '../use-places.ts';

export function FieldPathField(props: FieldProps) {
  return <PathField {...props} places={useMessagePlaces()} />;
}
