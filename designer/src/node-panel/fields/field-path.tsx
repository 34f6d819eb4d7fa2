import type { FieldProps } from '../../kit/form/field-props.ts';
import { PathField } from '../expression/path-field.tsx';
import { useMessagePlaces } from '../expression/use-places.ts';

export function FieldPathField(props: FieldProps) {
  return <PathField {...props} places={useMessagePlaces()} />;
}
