import { Input } from 'antd';
import { usePlaceholder } from '../example.ts';
import type { FieldProps } from '../field-props.ts';
import { keptText } from '../field-schema.ts';
import { useForm } from '../form-context.tsx';
import { FreeText } from './free-text.tsx';
import styles from '../fields.module.css';

export interface Suggestion {
  readonly value: string;
  readonly note?: string;
}

const MOST = 80;

/** Shows a text input with suggestions. The user may enter other values. */
export function SuggestInput({
  schema,
  value,
  onChange,
  id,
  label,
  isInvalid,
  suggestions,
}: FieldProps & { readonly suggestions: readonly Suggestion[] }) {
  const { isReadOnly, seal } = useForm();
  const placeholder = usePlaceholder(schema);
  const text = typeof value === 'string' ? value : '';
  const sought = text.toLowerCase();
  const options = suggestions
    .filter((one) => `${one.value} ${one.note ?? ''}`.toLowerCase().includes(sought))
    .slice(0, MOST)
    .map((one) => ({
      value: one.value,
      label: (
        <span className={styles.option}>
          <span className="mono">{one.value}</span>
          {one.note === undefined ? null : <span className={styles.hint}>{one.note}</span>}
        </span>
      ),
    }));
  return (
    <FreeText
      id={id}
      aria-label={label}
      className={styles.wide ?? ''}
      value={text}
      options={options}
      disabled={isReadOnly}
      popupMatchSelectWidth={320}
      onChange={(next: string) => onChange(keptText(schema, next))}
      onBlur={seal}
    >
      <Input placeholder={placeholder} spellCheck={false} {...(isInvalid ? { status: 'error' as const } : {})} />
    </FreeText>
  );
}
