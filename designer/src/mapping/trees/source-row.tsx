/** A row of the source: its name, its name in the HL7 standard, and its value in the sample. */
import { TriangleAlert } from 'lucide-react';
import { memo } from 'react';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import type { SourceNode } from '../../model/mapping/source-tree.ts';
import type { TreeRow } from '../../model/mapping/tree-rows.ts';
import type { Hl7RowName } from '../context/hl7-row-names.ts';
import { Fold, RowTypeIcon, shortValue, type FoldProps, type RowType } from './row-parts.tsx';
import styles from './panes.module.css';

const TEXTS = defineTexts({
  data: ['输入数据', 'Input data'],
  headers: ['消息头', 'Headers'],
  keys: ['业务键', 'Business keys'],
  now: ['受理时间', 'Time of acceptance'],
  item: ['每一项', 'Every item'],
  absent: ['样例中没有', 'Not in the sample'],
  optional: ['不是每一项都有', 'Not in every item'],
  used: ['已用', 'Used'],
  cut: ['还有更多，未全部显示', 'Not everything is shown'],
});

const ROOTS = ['data', 'headers', 'keys', 'now'] as const;
type Root = (typeof ROOTS)[number];

interface SourceRowProps extends FoldProps, Pick<SourceNode, 'name' | 'isOptional' | 'isCut' | 'isAbsent'> {
  readonly isRoot: boolean;
  readonly type: RowType;
  readonly note: string | undefined;
  /** The value in the sample, shortened for the row. `wholeValue` is not shortened. */
  readonly value: string | undefined;
  readonly wholeValue: string | undefined;
  readonly standardPlace: string | undefined;
  readonly standardName: string | undefined;
  readonly isUsed: boolean;
  /** True if there is a sample, so that a missing value means that the sample lacks it. */
  readonly isKnown: boolean;
}

/**
 * Returns the props of a row as plain values. Each keystroke in a rule creates a new tree, but a row renders again only
 * if one of its props changes.
 */
export function sourceRow({ key, node, depth, hasChildren, isOpen }: TreeRow<SourceNode>, standard: Hl7RowName | undefined) {
  const { name, note, isOptional, isCut, isAbsent, example } = node;
  return {
    ...{ rowKey: key, hasChildren, isOpen, isRoot: depth === 0, type: typeOf(node), name, note, isOptional, isCut, isAbsent },
    value: key === 'now' ? '' : shortValue(example),
    wholeValue: example === undefined ? undefined : String(example),
    standardPlace: standard?.place,
    standardName: standard?.name,
  };
}

export const SourceRow = memo(function SourceRow(props: SourceRowProps) {
  const t = useTexts(TEXTS);
  const { rowKey: path, isRoot, type, standardPlace, standardName, value, isUsed } = props;
  // The path of the row contains the id of a node, which means nothing to the author. So the row shows only the name.
  const isNode = isRoot && path.startsWith('nodes.');
  const name = nameOf(props, t);
  return (
    <>
      <Fold {...props} />
      <RowTypeIcon type={type} />
      <span
        className={isRoot ? styles.root : standardPlace === undefined ? styles.name : `${styles.name} ${styles.standardPlace}`}
        title={isNode ? `${name} ${path}` : path}
      >
        {standardPlace ?? name}
      </span>
      {isRoot && !isNode ? <code className={styles.rootPath}>{path}</code> : null}
      {standardName === undefined ? null : <span className={styles.rootPath}>{standardName}</span>}
      {props.isOptional ? (
        <span className={styles.mark} title={t('optional')}>
          ?
        </span>
      ) : null}
      {props.isCut ? (
        <span className={styles.mark} title={t('cut')}>
          …
        </span>
      ) : null}
      <span className={styles.space} />
      {props.isAbsent && props.isKnown ? (
        <span className={styles.absent}>
          <TriangleAlert size={12} aria-hidden /> {t('absent')}
        </span>
      ) : (
        <span className={styles.value} title={props.wholeValue}>
          {value}
        </span>
      )}
      {isUsed ? <span role="img" aria-label={t('used')} className={`${styles.port} ${styles.used}`} /> : <span className={styles.port} />}
    </>
  );
});

function nameOf({ rowKey: path, name, note }: SourceRowProps, t: (key: Root | 'item') => string): string {
  if (ROOTS.includes(path as Root)) return t(path as Root);
  if (name === '[0]') return t('item');
  return note ?? name;
}

function typeOf({ name, path, types }: SourceNode): RowType {
  if (path === 'now') return 'time';
  return name === '[0]' ? 'items' : (types.find((type) => type !== 'null') ?? types[0] ?? 'unknown');
}
