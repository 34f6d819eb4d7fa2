import { Switch } from 'antd';
import { isRecord } from '../../../../../engine/contract/values/is-record.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import type { FieldProps } from '../field-props.ts';
import { useCommit, useForm } from '../form-context.tsx';
import { GroupCard } from '../group-card.tsx';
import styles from '../fields.module.css';

const TEXTS = defineTexts({ use: ['使用', 'Use'] });

/** Edits a group of fields that may be absent. A group in which no field is set is not the same as an absent group. */
export function OptionalGroupField({ schema, value, onChange, id, label, pointer }: FieldProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly } = useForm();
  const commit = useCommit(onChange);
  const record = isRecord(value) ? value : undefined;
  return (
    <>
      <div className={styles.line}>
        <Switch
          id={id}
          size="small"
          checked={record !== undefined}
          disabled={isReadOnly}
          aria-label={`${t('use')} · ${label}`}
          onChange={(isOn) => commit(isOn ? {} : undefined)}
        />
        <span className={styles.hint}>{t('use')}</span>
      </div>
      {record === undefined ? null : <GroupCard schema={schema} label={label} pointer={pointer} record={record} onChange={onChange} />}
    </>
  );
}
