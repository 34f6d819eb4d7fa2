/**
 * Selects the code tables of a retry. A retry normally uses the code tables from the time when the message was
 * accepted. The user can choose the current ones instead.
 */
import { Radio } from 'antd';
import type { Input } from '../../api/operation-types.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import styles from './tables-choice.module.css';

export type RetryTables = NonNullable<Input<'executions.retry'>['tables']>;

const TEXTS = defineTexts({
  label: ['代码表', 'Code tables'],
  then: ['用当时的代码表', 'As received'],
  thenHelp: ['接收时的代码表：之后补充或修改的代码都不算', 'Those from when it was accepted: codes added or changed since are not used'],
  now: ['用现在的代码表', 'Current'],
  nowHelp: [
    '补充代码后选这一项。同一通道里排在后面、还没开始的消息也改用现在的代码表；已有写操作办成或结果不明的不改，保持挂起',
    'For a code that has been added since. Messages behind it in its lane that have not started use them too; those with a write that was or may have been done stay held',
  ],
});

interface Props {
  readonly value: RetryTables;
  readonly onChange: (tables: RetryTables) => void;
}

export function TablesChoice({ value, onChange }: Props) {
  const t = useTexts(TEXTS);
  return (
    <Radio.Group
      aria-label={t('label')}
      className={styles.tables ?? ''}
      value={value}
      onChange={({ target }) => onChange(target.value as RetryTables)}
      options={(['then', 'now'] as const).map((tables) => ({
        value: tables,
        label: (
          <span className={styles.option}>
            {t(tables)}
            <span className={styles.hint}>{t(`${tables}Help`)}</span>
          </span>
        ),
      }))}
    />
  );
}
