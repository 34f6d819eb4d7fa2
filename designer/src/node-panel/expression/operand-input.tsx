/** Edits an operand: a path, a fixed value or an expression. The user chooses the kind beside it. */
import { Input, InputNumber, Select } from 'antd';
import { useState } from 'react';
import type { Operand } from '../../../../engine/contract/flow/expression-types.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ExpressionInput } from './expression-input.tsx';
import { useCommit, useForm } from '../../kit/form/form-context.tsx';
import { JsonInput } from '../../kit/form/inputs/json-input.tsx';
import { inMode, modeOf, OPERAND_MODES, type OperandMode } from './operand-modes.ts';
import { PathInput } from './path-input.tsx';
import { useScopePlaces } from './use-places.ts';
import styles from './operand-input.module.css';

const TEXTS = defineTexts({
  mode: ['取值方式', 'Kind of value'],
  path: ['路径', 'Path'],
  text: ['文本', 'Text'],
  number: ['数字', 'Number'],
  boolean: ['是/否', 'Yes/no'],
  list: ['列表', 'List'],
  json: ['JSON', 'JSON'],
  expression: ['表达式', 'Expression'],
  yes: ['是（true）', 'Yes (true)'],
  no: ['否（false）', 'No (false)'],
  pathExample: ['例：data.patient.id', 'For example data.patient.id'],
  expressionExample: ['例：$sum(data.items.price)', 'For example $sum(data.items.price)'],
  listExample: ['输入后按回车', 'Press Enter after each'],
});

export interface OperandInputProps {
  readonly id: string;
  readonly label: string;
  readonly value: Operand | undefined;
  readonly onChange: (value: Operand | undefined) => void;
  readonly isInvalid: boolean;
  readonly modes?: readonly OperandMode[];
  /** Shown for an empty path. */
  readonly placeholder?: string | undefined;
}

export function OperandInput(props: OperandInputProps) {
  const { label, value, onChange, modes = OPERAND_MODES } = props;
  const t = useTexts(TEXTS);
  const { isReadOnly } = useForm();
  const commit = useCommit(onChange);
  const [chosen, setChosen] = useState<OperandMode>();
  const mode = modeOf(value) ?? chosen ?? modes[0] ?? 'path';
  const options = modes.includes(mode) ? modes : [mode, ...modes];
  return (
    <div className={styles.operand}>
      <Select<OperandMode>
        aria-label={`${label} · ${t('mode')}`}
        className={styles.mode ?? ''}
        value={mode}
        disabled={isReadOnly}
        popupMatchSelectWidth={false}
        options={options.map((name) => ({ value: name, label: t(name) }))}
        onChange={(next) => {
          setChosen(next);
          commit(inMode(value, next));
        }}
      />
      <div className={styles.value}>
        <ValueInput {...props} mode={mode} />
      </div>
    </div>
  );
}

function ValueInput({ mode, ...props }: OperandInputProps & { readonly mode: OperandMode }) {
  switch (mode) {
    case 'path':
      return <PathValue {...props} />;
    case 'expression':
      return <ExpressionValue {...props} />;
    case 'text':
      return <TextValue {...props} />;
    case 'number':
      return <NumberValue {...props} />;
    case 'boolean':
      return <BooleanValue {...props} />;
    case 'list':
      return <ListValue {...props} />;
    case 'json':
      return <JsonValue {...props} />;
  }
}

function PathValue({ id, label, value, onChange, isInvalid, placeholder }: OperandInputProps) {
  const t = useTexts(TEXTS);
  const places = useScopePlaces();
  return (
    <PathInput
      id={id}
      label={label}
      isInvalid={isInvalid}
      value={value !== undefined && 'path' in value ? value.path : ''}
      places={places}
      placeholder={placeholder ?? t('pathExample')}
      onChange={(path) => onChange(path === '' ? undefined : { path })}
    />
  );
}

function ExpressionValue({ label, value, onChange, isInvalid }: OperandInputProps) {
  const t = useTexts(TEXTS);
  return (
    <ExpressionInput
      label={label}
      value={value !== undefined && 'expression' in value ? value.expression : ''}
      placeholder={t('expressionExample')}
      isInvalid={isInvalid}
      onChange={(expression) => onChange(expression === '' ? undefined : { expression })}
    />
  );
}

function TextValue({ id, label, value, onChange, isInvalid }: OperandInputProps) {
  const { isReadOnly, seal } = useForm();
  const fixed = fixedOf(value);
  return (
    <Input
      id={id}
      aria-label={label}
      value={typeof fixed === 'string' ? fixed : ''}
      readOnly={isReadOnly}
      {...statusOf(isInvalid)}
      onChange={(event) => onChange({ value: event.target.value })}
      onBlur={seal}
    />
  );
}

function NumberValue({ id, label, value, onChange, isInvalid }: OperandInputProps) {
  const { isReadOnly, seal } = useForm();
  const fixed = fixedOf(value);
  return (
    <InputNumber<number>
      controls={false}
      id={id}
      aria-label={label}
      className={styles.wide ?? ''}
      value={typeof fixed === 'number' ? fixed : null}
      readOnly={isReadOnly}
      changeOnWheel={false}
      {...statusOf(isInvalid)}
      onChange={(next) => onChange({ value: next ?? 0 })}
      onBlur={seal}
    />
  );
}

function BooleanValue({ id, label, value, onChange }: OperandInputProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly } = useForm();
  const commit = useCommit(onChange);
  return (
    <Select
      id={id}
      aria-label={label}
      className={styles.wide ?? ''}
      value={fixedOf(value) === true}
      disabled={isReadOnly}
      options={[
        { value: true, label: t('yes') },
        { value: false, label: t('no') },
      ]}
      onChange={(next: boolean) => commit({ value: next })}
    />
  );
}

function ListValue({ id, label, value, onChange }: OperandInputProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly } = useForm();
  const commit = useCommit(onChange);
  const fixed = fixedOf(value);
  return (
    <Select<string[]>
      id={id}
      aria-label={label}
      className={styles.wide ?? ''}
      mode="tags"
      open={false}
      suffixIcon={null}
      placeholder={t('listExample')}
      tokenSeparators={[',', '，', ' ']}
      value={Array.isArray(fixed) ? (fixed as string[]) : []}
      disabled={isReadOnly}
      onChange={(next) => commit({ value: next })}
    />
  );
}

function JsonValue({ label, value, onChange }: OperandInputProps) {
  return (
    <JsonInput
      label={label}
      value={fixedOf(value)}
      height="96px"
      onChange={(next) => onChange({ value: next === undefined ? null : next })}
    />
  );
}

function fixedOf(value: Operand | undefined): unknown {
  return value !== undefined && 'value' in value ? value.value : undefined;
}

function statusOf(isInvalid: boolean) {
  return isInvalid ? { status: 'error' as const } : {};
}
