import { usePlaceholder } from '../../kit/form/example.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { keptText } from '../../kit/form/field-schema.ts';
import { PathInput } from './path-input.tsx';
import type { SamplePlace } from './scope-sample.ts';

/** Edits a field that stores a path to one of these places. */
export function PathField({ schema, value, onChange, places, ...shown }: FieldProps & { readonly places: readonly SamplePlace[] }) {
  return (
    <PathInput
      {...shown}
      value={typeof value === 'string' ? value : ''}
      places={places}
      placeholder={usePlaceholder(schema)}
      onChange={(path) => onChange(keptText(schema, path))}
    />
  );
}
