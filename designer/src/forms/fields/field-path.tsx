import { usePlaceholder } from '../example.ts';
import type { FieldProps } from '../field-props.ts';
import { keptText } from '../field-schema.ts';
import { PathInput } from '../path-input.tsx';
import { useMessagePlaces } from '../use-places.ts';

export function FieldPathField({ schema, value, onChange, id, label, isInvalid }: FieldProps) {
  return (
    <PathInput
      id={id}
      label={label}
      isInvalid={isInvalid}
      value={typeof value === 'string' ? value : ''}
      places={useMessagePlaces()}
      placeholder={usePlaceholder(schema)}
      onChange={(path) => onChange(keptText(schema, path))}
    />
  );
}
