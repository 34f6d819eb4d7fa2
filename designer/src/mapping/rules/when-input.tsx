/** An optional condition. */
import { Button } from 'antd';
import { Filter, X } from 'lucide-react';
import type { ConditionRule } from '../../../../engine/contract/flow/expression-types.ts';
import { ConditionInput } from '../../node-panel/expression/condition-input.tsx';
import { isRuleLike, startRule } from '../../node-panel/expression/condition-rules.ts';
import { useForm } from '../../kit/form/form-context.tsx';
import { IconButton } from '../../kit/form/item-buttons.tsx';
import { JsonInput } from '../../kit/form/inputs/json-input.tsx';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import styles from './rule-panel.module.css';

const TEXTS = defineTexts({
  addCondition: ['只在条件成立时', 'Only on a condition'],
  condition: ['条件', 'Condition'],
  removeCondition: ['去掉条件', 'Remove the condition'],
});

interface WhenInputProps {
  readonly when: ConditionRule | undefined;
  readonly pointer: string;
  readonly startPath: string;
  readonly onChange: (when: ConditionRule | undefined, field?: string) => void;
}

/** Edits a condition. A value that is not a condition is edited as JSON. */
export function WhenInput({ when, pointer, startPath, onChange }: WhenInputProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly } = useForm();
  if (when === undefined) {
    if (isReadOnly) return null;
    return (
      <div>
        <Button type="dashed" size="small" icon={<Filter size={14} />} onClick={() => onChange(startRule(startPath))}>
          {t('addCondition')}
        </Button>
      </div>
    );
  }
  return (
    <div className={styles.when}>
      <div className={styles.stepHead}>
        <Filter size={14} aria-hidden />
        <strong>{t('addCondition')}</strong>
        <span className={styles.space} />
        {isReadOnly ? null : <IconButton words={t('removeCondition')} icon={<X size={14} />} onClick={() => onChange(undefined)} />}
      </div>
      {isRuleLike(when) ? (
        <ConditionInput label={t('condition')} rule={when} pointer={pointer} onChange={(next) => onChange(next, pointer)} />
      ) : (
        <JsonInput label={t('condition')} value={when} height="120px" onChange={(next) => onChange(next as ConditionRule, pointer)} />
      )}
    </div>
  );
}
