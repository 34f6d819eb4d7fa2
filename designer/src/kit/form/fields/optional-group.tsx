import { Switch } from 'antd';
import { isRecord } from '../../../../../engine/contract/values/is-record.ts';
import { defineTexts, useTexts } from '../../../i18n/texts.ts';
import type { FieldProps } from '../field-props.ts';
import { useCommit, useForm } from '../form-context.tsx';
import { GroupCard } from '../group-card.tsx';
import styles from '../fields.module.css';

const TEXTS = defineTexts({ use: ['使用', 'Use'] });

/** Edits a group that may be absent. The presence of the group has a meaning even if no field is set. */
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
