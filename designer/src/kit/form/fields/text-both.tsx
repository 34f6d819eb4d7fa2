import { Input } from 'antd';
import { Fragment } from 'react';
import { isRecord } from '../../../../../engine/contract/values/is-record.ts';
import { defineTexts, LANGUAGES, useTexts } from '../../../i18n/texts.ts';
import type { FieldProps } from '../field-props.ts';
import { useForm } from '../form-context.tsx';
import styles from '../fields.module.css';

const TEXTS = defineTexts({ 'zh-CN': ['中文', 'Chinese'], en: ['英文', 'English'] });

export function TextBothField({ value, onChange, id, label, isInvalid }: FieldProps) {
  const { isReadOnly, seal } = useForm();
  const t = useTexts(TEXTS);
  const both = { 'zh-CN': '', en: '', ...(isRecord(value) ? value : {}) } as Record<(typeof LANGUAGES)[number], string>;
  const change = (part: Partial<typeof both>) => {
    const next = { ...both, ...part };
    onChange(next['zh-CN'] === '' && next.en === '' ? undefined : next);
  };
  return (
    <div className={styles.both} role="group" aria-label={label}>
      {LANGUAGES.map((language, index) => (
        <Fragment key={language}>
          <span aria-hidden>{t(language)}</span>
          <Input.TextArea
            {...(index === 0 ? { id } : {})}
            aria-label={`${label} · ${t(language)}`}
            lang={language}
            value={both[language]}
            readOnly={isReadOnly}
            rows={1}
            className={styles.growing ?? ''}
            {...(isInvalid ? { status: 'error' as const } : {})}
            onChange={(event) => change({ [language]: event.target.value })}
            onBlur={seal}
          />
        </Fragment>
      ))}
    </div>
  );
}
