import { pointerStep } from '../../../../../engine/contract/schema/schema-problem.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import { FieldControl } from '../field-control.tsx';
import type { FieldProps } from '../field-props.ts';
import type { FieldSchema } from '../field-schema.ts';
import { useCommit, useForm, useFormState } from '../form-context.tsx';
import { issuesAt } from '../form-issues.ts';
import { AddButton, ItemButtons } from '../item-buttons.tsx';
import { moved, replaced, without } from '../list-edits.ts';
import styles from '../fields.module.css';

const TEXTS = defineTexts({ add: ['添加', 'Add'], item: ['{{label}} 第 {{number}} 项', '{{label}} {{number}}'] });

export function TextsField({ schema, value, onChange, id, label, pointer }: FieldProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly } = useForm();
  const { issues } = useFormState();
  const commit = useCommit(onChange);
  const given = value ?? schema.default;
  const items = Array.isArray(given) ? (given as string[]) : [];
  const { text } = schema;
  const itemSchema: FieldSchema = { ...schema.items, default: '', ...(text === undefined ? {} : { text }) };
  const keep = (next: readonly string[]) => commit(next.length === 0 && schema.default === undefined ? undefined : next);
  return (
    <div className={styles.stack} role="group" aria-label={label}>
      {items.map((item, index) => {
        const place = `${pointer}${pointerStep(index)}`;
        const name = t('item', { label, number: index + 1 });
        return (
          <div key={index} className={styles.line}>
            <div className={styles.grow}>
              <FieldControl
                schema={itemSchema}
                value={item}
                onChange={(next) => onChange(replaced(items, index, typeof next === 'string' ? next : ''))}
                id={`${id}-${index}`}
                label={name}
                pointer={place}
                isInvalid={issuesAt(issues, place, false).length > 0}
              />
            </div>
            {isReadOnly ? null : (
              <ItemButtons
                name={name}
                index={index}
                count={items.length}
                onMove={(to) => commit(moved(items, index, to))}
                onRemove={() => keep(without(items, index))}
              />
            )}
          </div>
        );
      })}
      {isReadOnly ? null : (
        <div>
          <AddButton words={t('add')} isOff={items.length >= (schema.maxItems ?? Infinity)} onClick={() => commit([...items, ''])} />
        </div>
      )}
    </div>
  );
}
