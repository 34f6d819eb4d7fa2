/** The fields of an object: the common ones first, then the folded groups that the schema names (`fieldGroup`). */
import { CircleAlert } from 'lucide-react';
import { useState, type ReactNode } from 'react';
import type { FieldGroup } from '../../../../engine/contract/values/texts.ts';
import { pointerStep } from '../../../../engine/contract/schema/schema-problem.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { FieldRow } from './field-row.tsx';
import { fieldsFor, isChanged, withField, type Field } from './field-schema.ts';
import { useFormState } from './form-context.tsx';
import styles from './field-list.module.css';

const TEXTS = defineTexts({
  advanced: ['高级', 'Advanced'],
  receiving: ['接收', 'Receiving'],
  changed: ['{{count}} 项已修改', '{{count}} changed'],
  allDefault: ['{{count}} 项，均为默认值', '{{count}} {{count|setting|settings}}, all default'],
  wrong: ['有需要改正的内容', 'Something here must be corrected'],
});

const GROUPS: readonly FieldGroup[] = ['receiving', 'advanced'];

interface FieldListProps {
  readonly fields: readonly Field[];
  readonly record: Readonly<Record<string, unknown>>;
  /** JSON Pointer of the record in the form's value. */
  readonly pointer: string;
  /** Called with the new record and the pointer of the changed field. */
  readonly onChange: (record: Readonly<Record<string, unknown>>, pointer: string) => void;
}

export function FieldList({ fields: all, record, pointer, onChange }: FieldListProps) {
  const fields = fieldsFor(all, record);
  const row = (field: Field) => {
    const own = `${pointer}${pointerStep(field.name)}`;
    return (
      <FieldRow
        key={field.name}
        field={field}
        value={record[field.name]}
        pointer={own}
        onChange={(next) => onChange(withField(record, field.name, next), own)}
      />
    );
  };
  return (
    <>
      {fields.filter(({ schema }) => schema.group === undefined).map(row)}
      {GROUPS.map((group) => {
        const own = fields.filter(({ schema }) => schema.group === group);
        if (own.length === 0) return null;
        const changed = own.filter(({ name, schema }) => isChanged(schema.default, record[name])).length;
        return (
          <FoldedFields
            key={group}
            group={group}
            of={own.length}
            changed={changed}
            pointers={own.map(({ name }) => pointer + pointerStep(name))}
          >
            {own.map(row)}
          </FoldedFields>
        );
      })}
    </>
  );
}

interface FoldedFieldsProps {
  readonly group: FieldGroup;
  readonly of: number;
  readonly changed: number;
  readonly pointers: readonly string[];
  readonly children: ReactNode;
}

/** The group is open while it holds a problem, or the field that the form is asked to show. */
function FoldedFields({ group, of, changed, pointers, children }: FoldedFieldsProps) {
  const t = useTexts(TEXTS);
  const { issues, focus } = useFormState();
  const [isOpen, setOpen] = useState(false);
  const holds = (place: string) => pointers.some((pointer) => place === pointer || place.startsWith(`${pointer}/`));
  const isWrong = issues.some(({ pointer }) => holds(pointer));
  const isAsked = focus !== undefined && holds(focus.pointer);
  return (
    <details
      className={styles.group}
      open={isOpen || isWrong || isAsked}
      onToggle={({ currentTarget }) => setOpen(currentTarget.open)}
      data-group={group}
    >
      <summary>
        {t(group)}
        <span className={styles.count}>{changed === 0 ? t('allDefault', { count: of }) : t('changed', { count: changed })}</span>
        {isWrong ? <CircleAlert size={14} className={styles.wrong} role="img" aria-label={t('wrong')} /> : null}
      </summary>
      <div className={styles.fields}>{children}</div>
    </details>
  );
}
