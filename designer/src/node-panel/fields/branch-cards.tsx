/**
 * Edits the branches of a node as cards: a label in both languages, the name of the port (generated), and the rest of
 * the branch.
 */
import type { ReactNode } from 'react';
import { isRecord } from '../../../../engine/contract/values/is-record.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';
import { pointerStep } from '../../../../engine/contract/schema/schema-problem.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import type { FieldProps } from '../../kit/form/field-props.ts';
import { Problems } from '../../kit/form/field-row.tsx';
import { useCommit, useForm, useFormState } from '../../kit/form/form-context.tsx';
import { issuesAt } from '../../kit/form/form-issues.ts';
import { TextBothField } from '../../kit/form/fields/text-both.tsx';
import { AddButton, ItemButtons } from '../../kit/form/item-buttons.tsx';
import { freePortName, moved, replaced, without } from '../../kit/form/list-edits.ts';
import styles from '../../kit/form/fields.module.css';

const TEXTS = defineTexts({
  add: ['添加分支', 'Add a branch'],
  branch: ['分支 {{number}}', 'Branch {{number}}'],
  name: ['{{branch}} 的名称', '{{branch}}: name'],
  port: ['端口', 'Port'],
});

export interface Branch {
  readonly port: string;
  readonly label: Text;
}

interface BranchCardsProps<B extends Branch> extends Pick<FieldProps, 'schema' | 'value' | 'onChange' | 'label' | 'pointer'> {
  readonly create: (branch: Branch) => B;
  readonly inside?: (branch: B, change: (next: B) => void, place: string, name: string) => ReactNode;
}

export function BranchCards<B extends Branch>({ schema, value, onChange, label, pointer, create, inside }: BranchCardsProps<B>) {
  const t = useTexts(TEXTS);
  const text = useText();
  const { isReadOnly } = useForm();
  const { issues } = useFormState();
  const commit = useCommit(onChange);
  const branches = Array.isArray(value) ? (value as unknown[]).filter(isBranch<B>) : [];
  const isLeast = branches.length <= (schema.minItems ?? 0);
  const add = () => {
    const number = branches.length + 1;
    const port = freePortName(
      branches.map((branch) => branch.port),
      'branch',
    );
    commit([...branches, create({ port, label: { 'zh-CN': `分支 ${number}`, en: `Branch ${number}` } })]);
  };
  return (
    <div className={styles.stack} role="group" aria-label={label}>
      {branches.map((branch, index) => {
        const place = `${pointer}${pointerStep(index)}`;
        const name = text(branch.label) || t('branch', { number: index + 1 });
        const change = (next: B) => onChange(replaced(branches, index, next));
        return (
          <div key={branch.port} className={styles.card} role="group" aria-label={name}>
            <div className={styles.cardHead}>
              <span className={styles.grow}>
                {index + 1} · {t('port')} <code>{branch.port}</code>
              </span>
              {isReadOnly ? null : (
                <ItemButtons
                  name={name}
                  index={index}
                  count={branches.length}
                  onMove={(to) => commit(moved(branches, index, to))}
                  onRemove={isLeast ? undefined : () => commit(without(branches, index))}
                />
              )}
            </div>
            <TextBothField
              schema={{}}
              id={`${place}-label`}
              value={branch.label}
              label={t('name', { branch: name })}
              pointer={`${place}/label`}
              isInvalid={issuesAt(issues, `${place}/label`, false).length > 0}
              onChange={(next) => change({ ...branch, label: (next ?? { 'zh-CN': '', en: '' }) as Text })}
            />
            {inside?.(branch, change, place, name)}
            <Problems problems={issuesAt(issues, place, false)} />
          </div>
        );
      })}
      {isReadOnly ? null : (
        <div>
          <AddButton words={t('add')} isOff={branches.length >= (schema.maxItems ?? Infinity)} onClick={add} />
        </div>
      )}
    </div>
  );
}

function isBranch<B extends Branch>(value: unknown): value is B {
  return isRecord(value) && typeof value['port'] === 'string';
}
