import { InputNumber } from 'antd';
import { useFormat } from '../../../i18n/format.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import type { FieldProps } from '../field-props.ts';
import { useForm } from '../form-context.tsx';
import styles from '../fields.module.css';

const TEXTS = defineTexts({
  between: ['{{from}} 到 {{to}}', '{{from}} to {{to}}'],
  from: ['不小于 {{from}}', '{{from}} or more'],
  to: ['不大于 {{to}}', '{{to}} or less'],
});

export function NumberField({ schema, value, onChange, id, label, isInvalid }: FieldProps) {
  const { isReadOnly, seal } = useForm();
  const preset = typeof schema.default === 'number' ? schema.default : undefined;
  return (
    <span className={styles.line}>
      <InputNumber<number>
        controls={false}
        id={id}
        aria-label={label}
        value={typeof value === 'number' ? value : null}
        placeholder={preset === undefined ? '' : String(preset)}
        readOnly={isReadOnly}
        changeOnWheel={false}
        {...(schema.type === 'integer' ? { precision: 0 } : {})}
        {...(isInvalid ? { status: 'error' as const } : {})}
        onChange={(next) => onChange(next ?? undefined)}
        onBlur={seal}
      />
      <Limits min={schema.minimum} max={schema.maximum} />
    </span>
  );
}

function Limits({ min, max }: { readonly min: number | undefined; readonly max: number | undefined }) {
  const t = useTexts(TEXTS);
  const { number } = useFormat();
  if (min === undefined && max === undefined) return null;
  const words =
    min === undefined
      ? t('to', { to: number(max!) })
      : max === undefined
        ? t('from', { from: number(min) })
        : t('between', { from: number(min), to: number(max) });
  return <span className={styles.hint}>{words}</span>;
}
