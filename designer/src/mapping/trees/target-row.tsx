/** A row of the target: its name, a summary of its rule, and the result for the sample. */
import { CircleAlert, Filter, TriangleAlert } from 'lucide-react';
import { memo } from 'react';
import { defineTexts, translateWith, useLanguage, useTexts, type Language } from '../../i18n/texts.ts';
import { isListNode } from '../../model/mapping/edit-mapping.ts';
import { outputAt } from '../../model/mapping/preview-mapping.ts';
import type { TargetNode } from '../../model/mapping/target-tree.ts';
import type { TreeRow } from '../../model/mapping/tree-rows.ts';
import { useIssueWords } from './issue-words.ts';
import { useMappingView, type MappingView } from '../context/mapping-context.tsx';
import { Fold, RowTypeIcon, shortValue, type FoldProps, type RowType } from './row-parts.tsx';
import { sourceWords } from '../../i18n/source-words.ts';
import styles from './panes.module.css';

const TEXTS = defineTexts({
  items: ['每一项', 'Every item'],
  append: ['追加一项', 'Another item'],
  open: ['未映射', 'Not mapped'],
  openRequired: ['必填，未映射', 'Required, not mapped'],
  required: ['接收方必需', 'Required by the receiver'],
  several: ['{{count}} 条规则', '{{count}} rules'],
  when: ['有条件', 'On a condition'],
  unreadable: ['目标路径写法不正确', 'The target path cannot be read'],
});

interface RuleProps {
  /** Set if no rule fills the field: `open`, or `required` if the receiver needs it. */
  readonly open: 'open' | 'required' | undefined;
  readonly source: string | undefined;
  /** The value and all functions applied to it, for the tooltip. */
  readonly way: string | undefined;
  readonly isLoop: boolean;
  readonly lastStep: string | undefined;
  readonly stepCount: number;
  readonly ruleCount: number;
  readonly hasCondition: boolean;
}

interface ResultProps {
  readonly value: string | undefined;
  readonly problem: string | undefined;
}

interface TargetRowProps extends FoldProps, RuleProps, ResultProps {
  readonly name: string;
  readonly type: RowType;
  /** True if the name is a text of the console instead of a field name of the receiver. */
  readonly isWords: boolean;
  readonly isFilled: boolean;
  readonly isRequired: boolean;
}

type PlainTargetRow = Omit<TargetRowProps, 'onFold'>;

/**
 * Returns a function that creates the props of a row as plain values. Each keystroke in a rule creates a new tree, but
 * a row renders again only if one of its props changes.
 */
export function useTargetRow(): (row: TreeRow<TargetNode>) => PlainTargetRow {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const words = useIssueWords();
  const { preview, problems, tree, unfilled, standardName } = useMappingView();
  return ({ key, node, hasChildren, isOpen }) => {
    const output = preview === undefined ? undefined : outputAt(preview.output, tree, key);
    const problem = problems.get(key)?.[0];
    return {
      ...{ rowKey: key, hasChildren, isOpen, name: targetName(node, language), type: typeOf(node, output) },
      isWords: node.kind === 'items' || node.kind === 'append',
      isFilled: node.rules.length > 0 || node.loop?.source.item !== undefined,
      isRequired: node.expected?.required === true,
      ...ruleOf(node, { language, isUnfilled: unfilled.has(key), standardName }),
      value: preview === undefined ? undefined : shortValue(output),
      problem: problem !== undefined ? words(problem).what : node.kind === 'unreadable' ? t('unreadable') : undefined,
    };
  };
}

interface RuleWays extends Pick<MappingView, 'standardName'> {
  readonly language: Language;
  readonly isUnfilled: boolean;
}

function ruleOf(node: TargetNode, { language, isUnfilled, standardName }: RuleWays): RuleProps {
  const source = node.rules[0]?.rule.from ?? node.loop?.source.item;
  const shared = { ruleCount: node.rules.length, hasCondition: node.rules.some(({ rule }) => rule.when !== undefined) };
  if (source === undefined) {
    const open = isUnfilled ? 'required' : isOpen(node) ? 'open' : undefined;
    return { ...shared, open, source: undefined, way: undefined, isLoop: false, lastStep: undefined, stepCount: 0 };
  }
  const { base, kind, steps } = sourceWords(source, language);
  const place = kind === 'path' ? standardName(base, language)?.place : undefined;
  return {
    ...shared,
    open: undefined,
    source: place ?? base,
    way: [base, ...steps].join(' → '),
    isLoop: kind === 'loop',
    lastStep: steps.at(-1),
    stepCount: steps.length,
  };
}

export const TargetRow = memo(function TargetRow(props: TargetRowProps) {
  const t = useTexts(TEXTS);
  const { rowKey, name, type, isWords, isFilled, isRequired } = props;
  return (
    <>
      <span className={isFilled ? `${styles.port} ${styles.used}` : styles.port} />
      <span className={styles.nameCell}>
        <Fold {...props} />
        <RowTypeIcon type={type} />
        <span className={isWords ? `${styles.name} ${styles.words}` : styles.name} title={rowKey}>
          {name}
        </span>
        {isRequired ? (
          <span className={styles.required} title={t('required')}>
            *
          </span>
        ) : null}
      </span>
      <RuleCell {...props} />
      <ResultCell {...props} />
    </>
  );
});

function RuleCell({ open, source, way, isLoop, lastStep, stepCount, ruleCount, hasCondition }: RuleProps) {
  const t = useTexts(TEXTS);
  if (source === undefined) {
    return (
      <span className={styles.ruleCell}>
        {open === 'required' ? (
          <span className={styles.open}>
            <TriangleAlert size={12} aria-hidden /> {t('openRequired')}
          </span>
        ) : open === 'open' ? (
          <span className={styles.nothing}>{t('open')}</span>
        ) : null}
      </span>
    );
  }
  return (
    <span className={styles.ruleCell} title={way}>
      {lastStep === undefined ? null : (
        <span className={styles.chip}>
          ƒ {lastStep}
          {stepCount > 1 ? ` +${stepCount - 1}` : ''}
        </span>
      )}
      <span className={isLoop ? `${styles.chip} ${styles.loopChip}` : styles.rule}>{source}</span>
      {ruleCount > 1 ? <span className={`${styles.chip} ${styles.plain}`}>{t('several', { count: ruleCount })}</span> : null}
      {hasCondition ? (
        <span className={`${styles.chip} ${styles.condition}`} title={t('when')}>
          <Filter size={12} aria-label={t('when')} />
        </span>
      ) : null}
    </span>
  );
}

function ResultCell({ value, problem }: ResultProps) {
  return (
    <span className={styles.resultCell}>
      {problem === undefined ? (
        <span className={styles.result} title={value}>
          {value}
        </span>
      ) : (
        <span className={styles.wrong} title={problem}>
          <CircleAlert size={12} aria-hidden />
          <span>{problem}</span>
        </span>
      )}
    </span>
  );
}

/** Returns whether the field is empty: no rule fills it or any part of it. */
export function isOpen(node: TargetNode): boolean {
  return node.rules.length === 0 && node.loop === undefined && node.children.every(isOpen);
}

export function targetName({ kind, name }: TargetNode, language: Language): string {
  return kind === 'items' || kind === 'append' ? translateWith(TEXTS, language)(kind) : name;
}

/**
 * Returns the expected type. If it is unknown, returns a type derived from the node's parts or its value for the
 * sample.
 */
function typeOf(node: TargetNode, value: unknown): RowType {
  if (node.kind === 'items') return 'items';
  if (node.expected?.type !== undefined) return node.expected.type;
  if (Array.isArray(value) || isListNode(node) || node.children.some(({ kind }) => kind !== 'field')) return 'list';
  if (node.children.length > 0 || (typeof value === 'object' && value !== null)) return 'object';
  return PLAIN[typeof value] ?? 'unknown';
}

const PLAIN: Readonly<Partial<Record<string, RowType>>> = { string: 'text', number: 'number', boolean: 'boolean' };
