/**
 * Edits pairs of a name and a value. While the user types, a name may be empty or repeated. So this component keeps the
 * rows, and the record gets only the valid ones.
 */
import { Input } from 'antd';
import { useState } from 'react';
import { pairValuesOf } from '../../../../../engine/contract/values/field-kind.ts';
import { NAME_RULES, nameRuleOf } from '../../../../../engine/contract/values/named-values.ts';
import { isRecord } from '../../../../../engine/contract/values/is-record.ts';
import { pointerStep } from '../../../../../engine/contract/schema/schema-problem.ts';
import { defineTexts, useLanguage, useTexts } from '../../../i18n/texts.ts';
import { FieldControl } from '../field-control.tsx';
import type { FieldProps } from '../field-props.ts';
import { sameJson, type FieldSchema } from '../field-schema.ts';
import { useForm, useFormState } from '../form-context.tsx';
import { issuesAt } from '../form-issues.ts';
import { AddButton, ItemButtons } from '../item-buttons.tsx';
import { replaced, without } from '../list-edits.ts';
import { FreeText } from './free-text.tsx';
import { pairsOf, recordOf, type Pair } from './pairs.ts';
import styles from '../fields.module.css';
import own from './pairs-input.module.css';

const TEXTS = defineTexts({
  add: ['添加', 'Add'],
  name: ['名称', 'Name'],
  value: ['值', 'Value'],
  nameOf: ['{{label}} 第 {{number}} 项的名称', '{{label}} {{number}}: name'],
  valueOf: ['{{label}} 第 {{number}} 项的值', '{{label}} {{number}}: value'],
  item: ['{{label}} 第 {{number}} 项', '{{label}} {{number}}'],
  wrongForm: ['名称不能为空，不能重复；应为：{{rule}}。', 'A name must not be empty and must be unique: {{rule}}.'],
  wrong: ['名称不能为空，也不能重复或含有不允许的字符。', 'A name must not be empty, must be unique and may have only allowed characters.'],
});

interface PairsInputProps extends FieldProps {
  /** Suggested names; the user may enter other names. */
  readonly names?: readonly string[];
  readonly nameWord?: string;
  readonly valueWord?: string;
}

export function PairsInput(props: PairsInputProps) {
  const { schema, label } = props;
  const t = useTexts(TEXTS);
  const { isReadOnly } = useForm();
  const { pairs, pattern, change, commit } = usePairs(props);
  const isWrong = pairs.some(([name], index) => !isKept(name, pairs.slice(0, index), pattern) && (name !== '' || index < pairs.length - 1));
  return (
    <div className={styles.stack} role="group" aria-label={label}>
      {pairs.length === 0 ? null : (
        <div className={own.heads} aria-hidden>
          <span>{props.nameWord ?? t('name')}</span>
          <span>{props.valueWord ?? t('value')}</span>
        </div>
      )}
      {pairs.map((pair, index) => (
        <div key={index} className={own.pair}>
          <PairFields
            {...props}
            index={index}
            pair={pair}
            isNameKept={isKept(pair[0], pairs.slice(0, index), pattern)}
            onPair={(next) => change(replaced(pairs, index, next))}
          />
          {isReadOnly ? null : (
            <ItemButtons
              name={t('item', { label, number: index + 1 })}
              index={index}
              count={pairs.length}
              onRemove={() => commit(without(pairs, index))}
            />
          )}
        </div>
      ))}
      {isWrong ? <NamesWrong pattern={pattern} /> : null}
      {isReadOnly ? null : (
        <div>
          <AddButton
            words={t('add')}
            isOff={pairs.length >= (schema.maxProperties ?? Infinity)}
            onClick={() => commit([...pairs, ['', '']])}
          />
        </div>
      )}
    </div>
  );
}

/** Keeps the rows as the user typed them. `commit` makes each change a separate undo step. */
function usePairs({ schema, value, onChange }: PairsInputProps) {
  const { seal } = useForm();
  const given = value ?? schema.default;
  const [kept, setKept] = useState<{ readonly pairs: readonly Pair[]; readonly record: unknown }>();
  const pattern = Object.keys(schema.patternProperties ?? {})[0];
  // Show the typed rows as long as they give the current record. If undo or the selection of another node changes the
  // record, show the record.
  const pairs = kept !== undefined && sameJson(kept.record, given ?? {}) ? kept.pairs : pairsOf(isRecord(given) ? given : {});
  const change = (next: readonly Pair[]) => {
    const record = recordOf(next, pattern);
    setKept({ pairs: next, record });
    if (!sameJson(record, given ?? {})) onChange(Object.keys(record).length === 0 && schema.default === undefined ? undefined : record);
  };
  const commit = (next: readonly Pair[]) => {
    seal();
    change(next);
    seal();
  };
  return { pairs, pattern, change, commit };
}

interface PairFieldsProps extends PairsInputProps {
  readonly index: number;
  readonly pair: Pair;
  readonly isNameKept: boolean;
  readonly onPair: (pair: Pair) => void;
}

function PairFields({ schema, id, label, pointer, names = [], index, pair: [name, item], isNameKept, onPair }: PairFieldsProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly, seal } = useForm();
  const { issues } = useFormState();
  const valueSchema: FieldSchema = { ...(pairValuesOf(schema) as FieldSchema | undefined), default: '' };
  const valuePointer = `${pointer}${pointerStep(name)}`;
  return (
    <>
      <FreeText
        {...(index === 0 ? { id } : {})}
        aria-label={t('nameOf', { label, number: index + 1 })}
        value={name}
        disabled={isReadOnly}
        options={names.filter((known) => known.toLowerCase().includes(name.toLowerCase())).map((known) => ({ value: known }))}
        onChange={(next: string) => onPair([next, item])}
        onBlur={seal}
      >
        <Input {...(isNameKept ? {} : { status: 'error' as const })} />
      </FreeText>
      <div className={styles.grow}>
        <FieldControl
          schema={valueSchema}
          value={item}
          onChange={(next) => onPair([name, typeof next === 'string' ? next : ''])}
          id={`${id}-${index}-value`}
          label={t('valueOf', { label, number: index + 1 })}
          pointer={valuePointer}
          isInvalid={issuesAt(issues, valuePointer, false).length > 0}
        />
      </div>
    </>
  );
}

function NamesWrong({ pattern }: { readonly pattern: string | undefined }) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const rule = nameRuleOf(pattern);
  return <div className={own.wrong}>{rule === undefined ? t('wrong') : t('wrongForm', { rule: NAME_RULES[rule].text[language] })}</div>;
}

function isKept(name: string, before: readonly Pair[], pattern: string | undefined): boolean {
  return recordOf([...before, [name, '']], pattern)[name] !== undefined && !before.some(([other]) => other === name);
}
