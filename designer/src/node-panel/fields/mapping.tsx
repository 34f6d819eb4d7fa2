import { Button } from 'antd';
import { ArrowLeftRight } from 'lucide-react';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { useForm } from '../../kit/form/form-context.tsx';
import styles from '../../kit/form/fields.module.css';
import { useScope } from '../expression/scope-context.tsx';

const TEXTS = defineTexts({
  open: ['编辑映射', 'Edit the mapping'],
  show: ['查看映射', 'Show the mapping'],
  count: ['{{count}} 个目标字段', '{{count}} target fields'],
  none: ['还没有映射：输出为空对象。', 'Nothing is mapped yet: the result is an empty object.'],
  more: ['等', 'and others'],
});

const SHOWN = 6;

/** Shows which fields the mapping fills, and a button that opens the mapping editor. */
export function MappingField({ value, id }: FieldProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly } = useForm();
  const { openMapping } = useScope();
  const rules = isRecord(value) && Array.isArray(value['rules']) ? (value['rules'] as unknown[]) : [];
  const targets = rules.flatMap((rule) => (isRecord(rule) && typeof rule['to'] === 'string' ? [rule['to']] : []));
  return (
    <div className={styles.card}>
      {targets.length === 0 ? (
        <span className={styles.hint}>{t('none')}</span>
      ) : (
        <div>
          <div>{t('count', { count: targets.length })}</div>
          <div className={styles.hint}>
            {targets.slice(0, SHOWN).map((target) => (
              <span key={target}>
                <code>{target}</code>{' '}
              </span>
            ))}
            {targets.length > SHOWN ? t('more') : null}
          </div>
        </div>
      )}
      {openMapping === undefined ? null : (
        <div>
          <Button
            id={id}
            type="primary"
            ghost
            icon={<ArrowLeftRight size={14} />}
            aria-label={t(isReadOnly ? 'show' : 'open')}
            onClick={openMapping}
          >
            {t(isReadOnly ? 'show' : 'open')}
          </Button>
        </div>
      )}
    </div>
  );
}
