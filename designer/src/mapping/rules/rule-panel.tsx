/** The selected field of the target: its known properties, its rules, and their results for the sample. */
import { Button, Select, Switch } from 'antd';
import { CircleAlert, Link2, Plus, Quote, SquareFunction } from 'lucide-react';
import { useMemo } from 'react';
import { TARGET_TYPES, type MappingSource, type TargetField } from '../../../../nodes/shared/mapping/mapping-document.ts';
import type { SampleLoop } from '../../node-panel/expression/scope-sample.ts';
import { sentences } from '../../i18n/sentences.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { addRule, isListNode, setExpected } from '../../model/mapping/edit-mapping.ts';
import { loopScopes } from '../../model/mapping/mapping-paths.ts';
import { outputAt, valueAtRow } from '../../model/mapping/preview-mapping.ts';
import { findNode, type TargetNode } from '../../model/mapping/target-tree.ts';
import { CopyText } from '../../kit/text/copy-text.tsx';
import { useIssueWords } from '../trees/issue-words.ts';
import { LoopCard } from './loop-card.tsx';
import { useMappingView } from '../context/mapping-context.tsx';
import { TYPE_TEXTS } from '../trees/row-parts.tsx';
import { RuleCard } from './rule-card.tsx';
import styles from './rule-panel.module.css';
import { ScopeProvider, useScope } from '../../node-panel/expression/scope-context.tsx';

const TEXTS = defineTexts({
  none: ['未选中目标字段', 'No target field is chosen'],
  noneHelp: [
    '把左边的来源拖到目标字段即可连接；列表拖到列表成为循环。点一个目标字段，在这里加函数、查代码表、设条件和默认值。',
    'Drag a source to a target field to connect them; connecting a list to a list creates a loop. Click a target field to add functions, code tables, conditions and defaults here.',
  ],
  type: ['类型', 'Type'],
  anyType: ['未指定', 'Not specified'],
  required: ['接收方必需', 'Required by the receiver'],
  empty: ['还没有来源。从左边拖一个字段过来，或者：', 'It has no source yet. Drag one here from the left, or:'],
  path: ['填写路径', 'Write a path'],
  value: ['固定值', 'Fixed value'],
  expression: ['表达式', 'Expression'],
  noLoop: ['它在列表里：先把来源的列表连到这个列表。', 'It is in a list: connect a list of the source to that list first.'],
  another: ['再加一条规则', 'Another rule'],
  overwrites: ['多条规则时，后一条有值就覆盖前一条。', 'With several rules, a later rule overrides the earlier ones if it has a value.'],
  result: ['样例结果', 'With the sample'],
});

export function RulePanel() {
  const t = useTexts(TEXTS);
  const { tree, selected } = useMappingView();
  const node = selected === undefined ? undefined : findNode(tree, selected);
  if (node === undefined) {
    return (
      <div className={styles.none}>
        <Link2 size={28} aria-hidden />
        <strong>{t('none')}</strong>
        <p>{t('noneHelp')}</p>
      </div>
    );
  }
  return (
    <InLoops node={node}>
      <div key={node.key} className={styles.panel} data-rule-panel>
        <FieldHead node={node} />
        <Rules node={node} />
        <Result node={node} />
      </div>
    </InLoops>
  );
}

/**
 * Provides the sample for fields inside a loop. In it, the loop's item is the first item of the list, so that the
 * fields can complete paths below `item`.
 */
function InLoops({ node, children }: { readonly node: TargetNode; readonly children: React.ReactNode }) {
  const { sample, isList } = useMappingView();
  const scope = useScope();
  const inside = useMemo(() => {
    const loops = loopScopes(node.eaches, isList).slice(-2);
    const loop = loops.reduce<SampleLoop | undefined>((outer, { prefix }) => {
      const item = prefix === undefined ? undefined : valueAtRow(sample, prefix);
      return outer === undefined ? { item } : { item, outer };
    }, undefined);
    return loop === undefined ? sample : { ...sample, loop };
  }, [node.eaches, isList, sample]);
  return (
    <ScopeProvider {...scope} sample={inside}>
      {children}
    </ScopeProvider>
  );
}

function FieldHead({ node }: { readonly node: TargetNode }) {
  const t = useTexts(TEXTS);
  const types = useTexts(TYPE_TEXTS);
  const { editing } = useMappingView();
  const { expected } = node;
  const set = (known: Omit<TargetField, 'to'>) => editing.edit((mapping) => setExpected(mapping, node.key, known));
  const type = expected?.type ?? (isListNode(node) ? 'list' : undefined);
  return (
    <div className={styles.head}>
      <CopyText text={node.key} />
      {node.kind !== 'field' || (node.children.length > 0 && expected === undefined) ? null : (
        <div className={styles.known}>
          <Select<string>
            size="small"
            aria-label={t('type')}
            value={type ?? ''}
            disabled={editing.isReadOnly || node.children.length > 0}
            popupMatchSelectWidth={false}
            options={[{ value: '', label: t('anyType') }, ...TARGET_TYPES.map((name) => ({ value: name, label: types(name) }))]}
            onChange={(next) => set({ ...expected, ...(next === '' ? { type: undefined } : { type: next }) } as Omit<TargetField, 'to'>)}
          />
          <label className={styles.needed}>
            <Switch
              size="small"
              aria-label={t('required')}
              checked={expected?.required === true}
              disabled={editing.isReadOnly}
              onChange={(required) => set({ ...(type === undefined ? {} : { type }), required })}
            />
            {t('required')}
          </label>
        </div>
      )}
    </div>
  );
}

function Rules({ node }: { readonly node: TargetNode }) {
  const t = useTexts(TEXTS);
  const { editing } = useMappingView();
  const { level, to, rules, loop } = node;
  if (loop !== undefined) return <LoopCard loop={loop} />;
  if (node.kind === 'items' || level === undefined) return <p className={styles.help}>{t('noLoop')}</p>;
  const add = (from: MappingSource) => editing.edit((mapping) => addRule(mapping, level, { to, from }));
  return (
    <>
      {rules.map((placed, index) => (
        <RuleCard key={placed.pointer} placed={placed} rules={rules} index={index} />
      ))}
      {editing.isReadOnly ? null : rules.length === 0 ? (
        <div className={styles.begin}>
          <p className={styles.help}>{t('empty')}</p>
          <div className={styles.buttons}>
            <Button icon={<Link2 size={14} />} onClick={() => add({ path: 'data' })}>
              {t('path')}
            </Button>
            <Button icon={<Quote size={14} />} onClick={() => add({ value: '' })}>
              {t('value')}
            </Button>
            <Button icon={<SquareFunction size={14} />} onClick={() => add({ expression: 'data' })}>
              {t('expression')}
            </Button>
          </div>
        </div>
      ) : (
        <div className={styles.more}>
          <Button type="dashed" size="small" icon={<Plus size={14} />} onClick={() => add({ value: '' })}>
            {t('another')}
          </Button>
          {rules.length > 1 ? <span className={styles.help}>{t('overwrites')}</span> : null}
        </div>
      )}
    </>
  );
}

function Result({ node }: { readonly node: TargetNode }) {
  const t = useTexts(TEXTS);
  const words = useIssueWords();
  const { preview, problems, tree } = useMappingView();
  const own = problems.get(node.key) ?? [];
  const value = preview === undefined ? undefined : outputAt(preview.output, tree, node.key);
  if (own.length === 0 && value === undefined) return null;
  return (
    <section className={styles.result} aria-label={t('result')}>
      <h4>{t('result')}</h4>
      {own.map((problem, index) => {
        const { what, fix } = words(problem);
        return (
          <p key={index} className={styles.wrong} role="alert">
            <CircleAlert size={14} aria-hidden />
            <span>{sentences(what, fix)}</span>
          </p>
        );
      })}
      {value === undefined ? null : <pre className={styles.value}>{JSON.stringify(value, null, 2)}</pre>}
    </section>
  );
}
