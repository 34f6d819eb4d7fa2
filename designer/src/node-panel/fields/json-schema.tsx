import { Button, Tooltip } from 'antd';
import { Wand2 } from 'lucide-react';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { useCommit, useForm } from '../../kit/form/form-context.tsx';
import { inferSchema } from '../../kit/form/inputs/infer-schema.ts';
import { JsonInput } from '../../kit/form/inputs/json-input.tsx';
import styles from '../../kit/form/fields.module.css';
import { useScope } from '../expression/scope-context.tsx';

const TEXTS = defineTexts({
  infer: ['从样例生成', 'From the sample'],
  noSample: ['还没有样例：先试运行一次。', 'There is no sample yet: try the flow first.'],
});

export function JsonSchemaField({ value, onChange, label }: FieldProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly } = useForm();
  const { sample } = useScope();
  const commit = useCommit(onChange);
  // The schema describes the data of the node. A trigger has no input, so use its output as the example.
  const example = sample.data ?? sample.output;
  return (
    <div className={styles.stack}>
      <JsonInput label={label} value={value} height="220px" onChange={onChange} />
      {isReadOnly ? null : (
        <div>
          <Tooltip title={example === undefined ? t('noSample') : ''}>
            <Button size="small" icon={<Wand2 size={14} />} disabled={example === undefined} onClick={() => commit(inferSchema(example))}>
              {t('infer')}
            </Button>
          </Tooltip>
        </div>
      )}
    </div>
  );
}
