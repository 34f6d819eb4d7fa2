import { InputNumber, Select, Space } from 'antd';
import { useState } from 'react';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import type { FieldProps } from '../field-props.ts';
import { useCommit, useForm } from '../form-context.tsx';
import { bestUnit, inSmallest, UNIT_SIZES, type Unit } from './units.ts';
import styles from './unit-input.module.css';

const TEXTS = defineTexts({
  unit: ['单位', 'Unit'],
  ms: ['毫秒', 'ms'],
  s: ['秒', 's'],
  min: ['分钟', 'min'],
  h: ['小时', 'h'],
  d: ['天', 'days'],
  B: ['字节', 'bytes'],
  KB: ['KB', 'KB'],
  MB: ['MB', 'MB'],
  GB: ['GB', 'GB'],
});

interface UnitInputProps extends FieldProps {
  readonly units: readonly Unit[];
  /**
   * How many of the smallest unit one stored unit contains. For example 1000, if seconds are stored and milliseconds
   * are the smallest unit.
   */
  readonly per?: number;
}

/** Edits a number with its unit. If the user chooses another unit, the number stays: 5 s becomes 5 min. */
export function UnitInput({ schema, id, label, isInvalid, value: set, units, per = 1, onChange }: UnitInputProps) {
  const t = useTexts(TEXTS);
  const value = typeof set === 'number' ? set : undefined;
  const preset = typeof schema.default === 'number' ? schema.default : undefined;
  const { isReadOnly, seal } = useForm();
  const commit = useCommit(onChange);
  const [chosen, setChosen] = useState<Unit>();
  const shown = value ?? preset;
  const fitting = shown === undefined ? (units[1] ?? 's') : bestUnit(shown * per, units);
  const unit = chosen ?? fitting;
  const amountOf = (kept: number) => (kept * per) / UNIT_SIZES[unit];
  const keep = (amount: number, of: Unit) => Math.max(0, Math.round(inSmallest(amount, of) / per));
  return (
    <Space.Compact className={styles.unit ?? ''}>
      <InputNumber<number>
        controls={false}
        id={id}
        aria-label={label}
        className={styles.amount ?? ''}
        value={value === undefined ? null : amountOf(value)}
        placeholder={preset === undefined ? '' : String(amountOf(preset))}
        readOnly={isReadOnly}
        changeOnWheel={false}
        {...(isInvalid ? { status: 'error' as const } : {})}
        onChange={(amount) => {
          setChosen(unit);
          onChange(amount === null ? undefined : keep(amount, unit));
        }}
        onBlur={seal}
      />
      <Select<Unit>
        aria-label={`${label} · ${t('unit')}`}
        className={styles.select ?? ''}
        value={unit}
        disabled={isReadOnly}
        options={units.map((name) => ({ value: name, label: t(name) }))}
        onChange={(next) => {
          setChosen(next);
          if (value !== undefined) commit(keep(amountOf(value), next));
        }}
      />
    </Space.Compact>
  );
}
