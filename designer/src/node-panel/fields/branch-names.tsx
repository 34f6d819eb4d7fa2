import { Input } from 'antd';
import { MoveRight } from 'lucide-react';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { withField } from '../../kit/form/field-schema.ts';
import { useCommit, useForm } from '../../kit/form/form-context.tsx';
import { ItemButtons } from '../../kit/form/item-buttons.tsx';
import styles from '../../kit/form/fields.module.css';
import { useScope } from '../expression/scope-context.tsx';

const TEXTS = defineTexts({
  none: [
    '还没有节点连到这里。连线后，在此为每个来源起一个字段名。',
    'No node is connected yet. Connect nodes, then name the field of each.',
  ],
  name: ['{{node}} 的字段名', 'Field name of {{node}}'],
  gone: ['已不再连到这里', 'no longer connected'],
});

/**
 * Edits the names of the fields in a join's result. There is one field for each node with a wire to the join. Its
 * default name is the id of that node.
 */
export function BranchNamesField({ value, onChange, label }: FieldProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly, seal } = useForm();
  const { nodesLeadingHere } = useScope();
  const commit = useCommit(onChange);
  const names = isRecord(value) ? value : {};
  const gone = Object.keys(names).filter((id) => !nodesLeadingHere.some((node) => node.id === id));
  const keep = (next: Readonly<Record<string, unknown>>) => (Object.keys(next).length === 0 ? undefined : next);
  if (nodesLeadingHere.length + gone.length === 0) return <div className={styles.empty}>{t('none')}</div>;
  return (
    <div className={styles.stack} role="group" aria-label={label}>
      {nodesLeadingHere.map((node) => (
        <div key={node.id} className={styles.line}>
          <span className={styles.grow}>{node.label}</span>
          <MoveRight size={14} className={styles.arrow ?? ''} aria-hidden />
          <Input
            className={styles.grow ?? ''}
            aria-label={t('name', { node: node.label })}
            value={typeof names[node.id] === 'string' ? (names[node.id] as string) : ''}
            placeholder={node.id}
            readOnly={isReadOnly}
            onChange={(event) => onChange(keep(withField(names, node.id, event.target.value === '' ? undefined : event.target.value)))}
            onBlur={seal}
          />
        </div>
      ))}
      {gone.map((id) => (
        <div key={id} className={styles.line}>
          <span className={styles.grow}>
            <code>{id}</code> <span className={styles.hint}>{t('gone')}</span>
          </span>
          <code>{String(names[id])}</code>
          {isReadOnly ? null : <ItemButtons name={id} index={0} count={1} onRemove={() => commit(keep(withField(names, id, undefined)))} />}
        </div>
      ))}
    </div>
  );
}
