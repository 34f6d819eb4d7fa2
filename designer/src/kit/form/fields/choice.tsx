import { Segmented, Select } from 'antd';
import type { FieldProps } from '../field-props.ts';
import { useClear } from '../../search/use-clear.ts';
import { useCommit, useForm } from '../form-context.tsx';
import { useLiteralOptions } from '../literal-options.ts';
import styles from '../fields.module.css';

/**
 * Maximum number of options that are shown side by side. More options, or options with long labels, are shown as a
 * drop-down list.
 */
const MOST_BESIDE = 4;
const BESIDE_CHARS = 22;

export function ChoiceField({ schema, value, onChange, id, label, isInvalid, isRequired = false }: FieldProps) {
  const { isReadOnly } = useForm();
  const clear = useClear();
  const commit = useCommit(onChange);
  const options = useLiteralOptions(schema);
  const shown = (value ?? schema.default ?? null) as string | null;
  const isOptional = schema.default === undefined && !isRequired;
  if (!isOptional && options.length <= MOST_BESIDE && widthOf(options.map((option) => option.label)) <= BESIDE_CHARS)
    return (
      <div>
        <Segmented
          id={id}
          aria-label={label}
          value={shown ?? ''}
          disabled={isReadOnly}
          options={options as { label: string; value: string }[]}
          onChange={(next) => commit(next)}
        />
      </div>
    );
  return (
    <Select
      id={id}
      aria-label={label}
      className={styles.wide ?? ''}
      value={shown}
      disabled={isReadOnly}
      allowClear={isOptional ? clear : false}
      options={options as { label: string; value: string }[]}
      {...(isInvalid ? { status: 'error' as const } : {})}
      onChange={(next: string | undefined) => commit(next)}
    />
  );
}

/** Returns the total width of the labels, in Latin characters. A Chinese character counts as two. */
function widthOf(labels: readonly string[]): number {
  return labels.reduce((sum, label) => sum + [...label].reduce((width, char) => width + (char > '\u2e80' ? 2 : 1), 1), 0) / 1.4;
}
