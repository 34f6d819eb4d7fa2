import type { FieldProps } from '../../kit/form/field-props.ts';
import { PathField } from '../expression/path-field.tsx';
import { useResultPlaces } from '../expression/use-places.ts';

export function DataPathField(props: FieldProps) {
  return <PathField {...props} places={useResultPlaces()} />;
}
