/**
 * Edits a condition as rows. Each row has a left side, an operator in words and a right side. Rows form groups, which
 * can be nested.
 */
import { Button, Segmented, Select } from 'antd';
import { Ban, FolderPlus } from 'lucide-react';
import { COMPARISONS, type Comparison, type ConditionRule } from '../../../../engine/contract/flow/expression-types.ts';
import { defineTexts, useLanguage, useTexts } from '../../i18n/texts.ts';
import {
  asGroup,
  fromGroup,
  isComparison,
  isUnary,
  OPERATOR_TEXTS,
  ruleSentence,
  startRule,
  turnedRound,
  withOperator,
  type ComparisonRule,
} from './condition-rules.ts';
import { useCommit, useForm, useFormState } from '../../kit/form/form-context.tsx';
import { issuesAt } from '../../kit/form/form-issues.ts';
import { AddButton, IconButton, ItemButtons } from '../../kit/form/item-buttons.tsx';
import { replaced, without } from '../../kit/form/list-edits.ts';
import { OperandInput } from './operand-input.tsx';
import type { OperandMode } from './operand-modes.ts';
import styles from './condition-input.module.css';

const TEXTS = defineTexts({
  sentence: ['含义', 'It means'],
  all: ['全部成立', 'All are true'],
  any: ['任一成立', 'Any is true'],
  how: ['{{label}}：成立方式', '{{label}}: all or any'],
  add: ['添加条件', 'Add a condition'],
  addGroup: ['添加条件组', 'Add a group'],
  not: ['取反', 'Negate'],
  isNot: ['并非', 'Not'],
  left: ['{{label}}：左侧', '{{label}}: left side'],
  right: ['{{label}}：右侧', '{{label}}: right side'],
  operator: ['{{label}}：比较', '{{label}}: comparison'],
  row: ['{{label}} 第 {{number}} 条', '{{label}} {{number}}'],
  and: ['且', 'and'],
  or: ['或', 'or'],
  none: ['还没有条件：总是成立。', 'No condition yet: always true.'],
});

const MAX_DEPTH = 15;
/** Height in pixels at which all operators fit without scrolling. */
const ALL_OPERATORS = 560;

interface ConditionInputProps {
  readonly label: string;
  readonly rule: ConditionRule | undefined;
  readonly onChange: (rule: ConditionRule) => void;
  readonly pointer: string;
}

export function ConditionInput({ label, rule, onChange, pointer }: ConditionInputProps) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  return (
    <div className={styles.condition} role="group" aria-label={label}>
      <GroupRows label={label} rule={rule} onChange={onChange} pointer={pointer} depth={1} />
      <p className={styles.sentence}>
        <span>{t('sentence')}</span> {ruleSentence(rule, language)}
      </p>
    </div>
  );
}

interface RuleProps extends ConditionInputProps {
  readonly depth: number;
}

function GroupRows({ label, rule, onChange, pointer, depth }: RuleProps) {
  const t = useTexts(TEXTS);
  const { isReadOnly } = useForm();
  const commit = useCommit(onChange);
  const { kind, members } = asGroup(rule);
  const isBare = rule === undefined || (!('all' in rule) && !('any' in rule));
  const keep = (next: readonly ConditionRule[]) => fromGroup({ kind, members: next });
  return (
    <div className={styles.group}>
      {members.length < 2 ? null : (
        <Segmented<'all' | 'any'>
          size="small"
          className={styles.how ?? ''}
          aria-label={t('how', { label })}
          value={kind}
          disabled={isReadOnly}
          options={[
            { value: 'all', label: t('all') },
            { value: 'any', label: t('any') },
          ]}
          onChange={(next) => commit(fromGroup({ kind: next, members }))}
        />
      )}
      {members.length === 0 ? <p className={styles.none}>{t('none')}</p> : null}
      {members.map((member, index) => (
        <div key={index} className={styles.member}>
          {index === 0 ? null : <span className={styles.join}>{t(kind === 'all' ? 'and' : 'or')}</span>}
          <Member
            label={t('row', { label, number: index + 1 })}
            rule={member}
            pointer={isBare ? pointer : `${pointer}/${kind}/${index}`}
            depth={depth + 1}
            onChange={(next) => onChange(keep(replaced(members, index, next)))}
            onRemove={() => commit(keep(without(members, index)))}
          />
        </div>
      ))}
      {isReadOnly ? null : (
        <div className={styles.adds}>
          <AddButton words={t('add')} onClick={() => commit(keep([...members, startRule()]))} />
          {depth >= MAX_DEPTH ? null : (
            <Button
              type="text"
              size="small"
              icon={<FolderPlus size={14} />}
              onClick={() =>
                commit(keep([...members, kind === 'all' ? { any: [startRule(), startRule()] } : { all: [startRule(), startRule()] }]))
              }
            >
              {t('addGroup')}
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

function Member({ rule, onRemove, ...props }: RuleProps & { readonly rule: ConditionRule; readonly onRemove: () => void }) {
  const t = useTexts(TEXTS);
  const { isReadOnly } = useForm();
  const { onChange, label, pointer, depth } = props;
  const commit = useCommit(onChange);
  const isTurned = 'not' in rule;
  const inner = isTurned ? rule.not : rule;
  const changeInner = (next: ConditionRule) => onChange(isTurned ? { not: next } : next);
  const place = isTurned ? `${pointer}/not` : pointer;
  return (
    <div className={isComparison(inner) ? styles.row : `${styles.row} ${styles.inner}`}>
      <div className={styles.rule}>
        {isTurned ? <span className={styles.isNot}>{t('isNot')}</span> : null}
        {isComparison(inner) ? (
          <ComparisonRow label={label} rule={inner} onChange={changeInner} pointer={place} />
        ) : (
          <GroupRows label={label} rule={inner} onChange={changeInner} pointer={place} depth={depth} />
        )}
      </div>
      {isReadOnly ? null : (
        <div className={styles.buttons}>
          <IconButton words={`${t('not')} · ${label}`} icon={<Ban size={14} />} onClick={() => commit(turnedRound(rule))} />
          <ItemButtons name={label} index={0} count={1} onRemove={onRemove} />
        </div>
      )}
    </div>
  );
}

const LEFT_MODES: readonly OperandMode[] = ['path', 'expression', 'text', 'number'];
const RIGHT_MODES: readonly OperandMode[] = ['text', 'number', 'boolean', 'path', 'expression'];
const LIST_MODES: readonly OperandMode[] = ['list', 'path', 'expression'];

interface ComparisonRowProps {
  readonly label: string;
  readonly rule: ComparisonRule;
  readonly onChange: (rule: ConditionRule) => void;
  readonly pointer: string;
}

function ComparisonRow({ label, rule, onChange, pointer }: ComparisonRowProps) {
  const t = useTexts(TEXTS);
  const words = useTexts(OPERATOR_TEXTS);
  const { isReadOnly } = useForm();
  const { issues } = useFormState();
  const commit = useCommit(onChange);
  const { left, op, right } = rule;
  const modes = op === 'in' || op === 'not-in' ? LIST_MODES : op === 'matches' ? (['text'] as const) : RIGHT_MODES;
  return (
    <div className={styles.comparison}>
      <OperandInput
        id={`${pointer}-left`}
        label={t('left', { label })}
        value={left}
        modes={LEFT_MODES}
        isInvalid={issuesAt(issues, `${pointer}/left`, false).length > 0}
        onChange={(next) => onChange({ ...rule, left: next ?? { path: '' } })}
      />
      <Select<Comparison>
        aria-label={t('operator', { label })}
        className={styles.operator ?? ''}
        listHeight={ALL_OPERATORS}
        value={op}
        disabled={isReadOnly}
        options={COMPARISONS.map((name) => ({ value: name, label: words(name) }))}
        onChange={(next) => commit(withOperator(rule, next))}
      />
      {isUnary(op) ? null : (
        <OperandInput
          key={op}
          id={`${pointer}-right`}
          label={t('right', { label })}
          value={right}
          modes={modes}
          isInvalid={issuesAt(issues, `${pointer}/right`, false).length > 0}
          onChange={(next) => onChange({ ...rule, right: next ?? { path: '' } })}
        />
      )}
    </div>
  );
}
