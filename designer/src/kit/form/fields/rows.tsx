import { isRecord } from '../../../../../engine/contract/values/is-record.ts';
import { pointerStep } from '../../../../../engine/contract/schema/schema-problem.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import type { FieldProps } from '../field-props.ts';
import { FieldRow } from '../field-row.tsx';
import { fieldsOf, withField } from '../field-schema.ts';
import { useCommit, useForm } from '../form-context.tsx';
import { AddButton, ItemButtons } from '../item-buttons.tsx';
import { moved, replaced, without } from '../list-edits.ts';
import { startRow } from '../start-values.ts';
import styles from '../fields.module.css';

const TEXTS = defineTexts({
  add: ['添加一行', 'Add a row'],
  item: ['{{label}} 第 {{number}} 行', '{{label}}: row {{number}}'],
  number: ['第 {{number}} 行', 'Row {{number}}'],
});

export function RowsField({ schema, value, onChange, label, pointer }: FieldProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly } = useForm();
  const commit = useCommit(onChange);
  const rows = Array.isArray(value) ? (value as unknown[]) : [];
  const item = schema.items ?? {};
  return (
    <div className={styles.stack} role="group" aria-label={label}>
      {rows.map((row, index) => {
        const record = isRecord(row) ? row : {};
        const place = `${pointer}${pointerStep(index)}`;
        return (
          <div key={index} className={styles.card} role="group" aria-label={t('item', { label, number: index + 1 })}>
            <div className={styles.cardHead}>
              <span className={styles.grow}>{t('number', { number: index + 1 })}</span>
              {isReadOnly ? null : (
                <ItemButtons
                  name={t('item', { label, number: index + 1 })}
                  index={index}
                  count={rows.length}
                  onMove={(to) => commit(moved(rows, index, to))}
                  onRemove={() => commit(without(rows, index))}
                />
              )}
            </div>
            {fieldsOf(item).map((field) => (
              <FieldRow
                key={field.name}
                field={field}
                value={record[field.name]}
                pointer={`${place}${pointerStep(field.name)}`}
                onChange={(next) => onChange(replaced(rows, index, withField(record, field.name, next)))}
              />
            ))}
          </div>
        );
      })}
      {isReadOnly ? null : (
        <div>
          <AddButton
            words={t('add')}
            isOff={rows.length >= (schema.maxItems ?? Infinity)}
            onClick={() => commit([...rows, startRow(item)])}
          />
        </div>
      )}
    </div>
  );
}
