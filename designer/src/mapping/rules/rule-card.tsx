/** One rule of a field: its source with functions, the default, and the condition. */
import { Button, Select } from 'antd';
import { Repeat } from 'lucide-react';
import { useId } from 'react';
import type { MappingRule, MappingSource } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { useForm } from '../../kit/form/form-context.tsx';
import { ItemButtons } from '../../kit/form/item-buttons.tsx';
import { OperandInput } from '../../node-panel/expression/operand-input.tsx';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { makeLoop } from '../../model/mapping/connect-mapping.ts';
import { removeRule, setRule, setSource, swapRules } from '../../model/mapping/edit-mapping.ts';
import { absolutePath, loopScopes } from '../../model/mapping/mapping-paths.ts';
import { allSources, hasPlainItems } from '../../model/mapping/source-tree.ts';
import { findNode, isLoop, type PlacedRule } from '../../model/mapping/target-tree.ts';
import { LoopFields } from './loop-card.tsx';
import { useMappingView } from '../context/mapping-context.tsx';
import { SourceEditor } from './source-editor.tsx';
import { useStepValues } from '../context/use-step-values.ts';
import { WhenInput } from './when-input.tsx';
import styles from './rule-panel.module.css';

const TEXTS = defineTexts({
  rule: ['规则', 'Rule'],
  ruleOf: ['规则 {{number}}', 'Rule {{number}}'],
  without: ['没有值时', 'Without a value'],
  skip: ['不写这个字段', 'Leave the field out'],
  default: ['用默认值', 'Use a default'],
  fail: ['报错', 'Fail'],
  defaultValue: ['默认值', 'Default'],
  loop: ['改为逐项循环', 'Loop over the items'],
});

interface RuleCardProps {
  readonly placed: PlacedRule;
  /** All rules of the field. */
  readonly rules: readonly PlacedRule[];
  readonly index: number;
}

export function RuleCard({ placed, rules, index }: RuleCardProps) {
  const t = useTexts(TEXTS);
  const { editing } = useMappingView();
  const { pointer, rule } = placed;
  const name = rules.length === 1 ? t('rule') : t('ruleOf', { number: index + 1 });
  const swap = (to: number) => editing.edit((mapping) => swapRules(mapping, pointer, rules[to]?.pointer ?? pointer));
  return (
    <section className={styles.card} aria-label={name}>
      <header className={styles.cardHead}>
        <h4>{name}</h4>
        <span className={styles.space} />
        {editing.isReadOnly ? null : (
          <ItemButtons
            name={name}
            index={index}
            count={rules.length}
            onMove={swap}
            onRemove={() => editing.edit((mapping) => removeRule(mapping, pointer))}
          />
        )}
      </header>
      {isLoop(rule.from) ? <LoopFields pointer={`${pointer}/from`} source={rule.from} /> : <RuleSource placed={placed} name={name} />}
      <Without placed={placed} />
      <When placed={placed} />
    </section>
  );
}

function RuleSource({ placed: { pointer, rule }, name }: { readonly placed: PlacedRule; readonly name: string }) {
  const t = useTexts(TEXTS);
  const { editing, tree, selected, sources, isList } = useMappingView();
  const node = selected === undefined ? undefined : findNode(tree, selected);
  const eaches = node?.eaches ?? [];
  const values = useStepValues(rule.from, eaches);
  const change = (source: MappingSource) =>
    void editing.edit((mapping) => setSource(mapping, `${pointer}/from`, source), `${pointer}/from`);
  const path = 'path' in rule.from ? absolutePath(rule.from.path, loopScopes(eaches, isList)) : undefined;
  const isWholeList = path !== undefined && isList(path) === true;
  const list = allSources(sources).find((one) => one.path === path);
  return (
    <>
      <SourceEditor source={rule.from} label={name} values={values} onChange={change} />
      {!isWholeList || editing.isReadOnly ? null : (
        <Button
          size="small"
          className={styles.loopButton ?? ''}
          icon={<Repeat size={14} />}
          onClick={() => editing.edit((mapping) => makeLoop(mapping, pointer, list !== undefined && hasPlainItems(list)))}
        >
          {t('loop')}
        </Button>
      )}
    </>
  );
}

type Without = 'skip' | 'default' | 'fail';

function Without({ placed: { pointer, rule } }: { readonly placed: PlacedRule }) {
  const t = useTexts(TEXTS);
  const id = useId();
  const { editing } = useMappingView();
  const { isReadOnly } = useForm();
  const now: Without = rule.default !== undefined ? 'default' : rule.required === true ? 'fail' : 'skip';
  const set = (next: MappingRule, field?: string) => editing.edit((mapping) => setRule(mapping, pointer, next), field);
  const choose = (next: Without) => {
    const { default: _default, required: _required, ...rest } = rule;
    set({ ...rest, ...(next === 'default' ? { default: '' } : next === 'fail' ? { required: true } : {}) });
  };
  return (
    <div className={styles.line}>
      <label htmlFor={id}>{t('without')}</label>
      <Select<Without>
        id={id}
        value={now}
        disabled={isReadOnly}
        popupMatchSelectWidth={false}
        options={(['skip', 'default', 'fail'] as const).map((value) => ({ value, label: t(value) }))}
        onChange={choose}
      />
      {now !== 'default' ? null : (
        <div className={styles.wide}>
          <OperandInput
            id={`${id}-default`}
            label={t('defaultValue')}
            value={{ value: rule.default }}
            modes={['text', 'number', 'boolean', 'json']}
            isInvalid={false}
            onChange={(operand) => {
              if (operand !== undefined && 'value' in operand) set({ ...rule, default: operand.value }, `${pointer}/default`);
            }}
          />
        </div>
      )}
    </div>
  );
}

function When({ placed: { pointer, rule } }: { readonly placed: PlacedRule }) {
  const { editing } = useMappingView();
  return (
    <WhenInput
      when={rule.when}
      pointer={`${pointer}/when`}
      startPath="data"
      onChange={(when, field) =>
        editing.edit((mapping) => {
          const { when: _before, ...rest } = rule;
          return setRule(mapping, pointer, when === undefined ? rest : { ...rest, when });
        }, field)
      }
    />
  );
}
