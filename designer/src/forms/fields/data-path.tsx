import type { FieldProps } from '../field-props.ts';
import { PathField } from '../path-field.tsx';
import { useResultPlaces } from '../use-places.ts';

export function DataPathField(props: FieldProps) {
  return <PathField {...props} places={useResultPlaces()} />;
}
