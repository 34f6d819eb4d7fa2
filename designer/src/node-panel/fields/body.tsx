import { Select } from 'antd';
import { useState } from 'react';
import type { Operand } from '../../../../engine/contract/flow/expression-types.ts';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { useCommit, useForm } from '../../kit/form/form-context.tsx';
import { OperandInput } from '../expression/operand-input.tsx';
import styles from '../../kit/form/fields.module.css';

const TEXTS = defineTexts({
  auto: ['自动（按方法）', 'Automatic (by the method)'],
  message: ['整条消息', 'The message'],
  none: ['不发送', 'Nothing'],
  operand: ['指定的值', 'A separate value'],
  value: ['{{label}}的值', '{{label}}: value'],
});

type Choice = 'auto' | 'message' | 'none' | 'operand';

/** Edits the body: the whole message, no body, or another value. */
export function BodyField({ schema, value, onChange, id, label, isInvalid }: FieldProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const { isReadOnly } = useForm();
  const commit = useCommit(onChange);
  const [isOwn, setOwn] = useState(false);
  const operand = isRecord(value) ? (value as Operand) : undefined;
  const choice: Choice = operand !== undefined ? 'operand' : value === 'message' || value === 'none' ? value : isOwn ? 'operand' : 'auto';
  const words = schema.text?.options ?? {};
  const choose = (next: Choice) => {
    setOwn(next === 'operand');
    commit(next === 'auto' ? undefined : next === 'operand' ? { path: 'data' } : next);
  };
  return (
    <div className={styles.stack}>
      <Select<Choice>
        id={id}
        aria-label={label}
        className={styles.wide ?? ''}
        value={choice}
        disabled={isReadOnly}
        options={(['auto', 'message', 'none', 'operand'] as const).map((name) => ({ value: name, label: text(words[name]) || t(name) }))}
        onChange={choose}
      />
      {choice === 'operand' ? (
        <OperandInput id={`${id}-value`} label={t('value', { label })} value={operand} onChange={onChange} isInvalid={isInvalid} />
      ) : null}
    </div>
  );
}
