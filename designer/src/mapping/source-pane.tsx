/** Left: everything that the mapping can read, with the values of the sample. */
import { Button } from 'antd';
import { Play, TriangleAlert } from 'lucide-react';
import { memo, useMemo, useState, type PointerEvent } from 'react';
import { defineTexts, useLanguage, useTexts } from '../i18n/texts.ts';
import type { Pane } from '../model/mapping/mapping-lines.ts';
import type { SourceNode } from '../model/mapping/source-tree.ts';
import type { TreeRow, TreeShape } from '../model/mapping/tree-rows.ts';
import { hl7RowNames, type Hl7RowName } from './hl7-row-names.ts';
import { useMappingView } from './mapping-context.tsx';
import { NothingFound, PaneSearch } from './pane-search.tsx';
import { Fold, RowTypeIcon, shortValue, type RowType } from './row-parts.tsx';
import { TreePane } from './tree-pane.tsx';
import type { TreeList } from './use-tree-list.ts';
import styles from './panes.module.css';

const TEXTS = defineTexts({
  title: ['来源', 'Source'],
  help: [
    '拖到右边的目标字段；键盘：回车选中来源，再在目标里回车。',
    'Drag to a target field; by keyboard: Enter picks it, Enter on a target connects.',
  ],
  search: ['搜索来源', 'Search the source'],
  data: ['输入数据', 'Input data'],
  headers: ['消息头', 'Headers'],
  keys: ['业务键', 'Business keys'],
  now: ['受理时间', 'Time of acceptance'],
  item: ['每一项', 'Every item'],
  absent: ['样例中没有', 'Not in the sample'],
  optional: ['不是每一项都有', 'Not in every item'],
  used: ['已用', 'Used'],
  cut: ['还有更多，未全部显示', 'There is more than is shown'],
  noSample: ['还没有样例，这里只列出规则用到的字段。', 'There is no sample yet: only fields that rules read are listed.'],
  try: ['用测试“{{name}}”试运行一次', 'Run the test "{{name}}" once'],
  choose: ['请在上方选择样例', 'Choose a sample above'],
});

const ROOTS = ['data', 'headers', 'keys', 'now'] as const;
type Root = (typeof ROOTS)[number];

/** Found by their paths, labels, values and names in the standard. */
export function sourceShape(sources: readonly SourceNode[]): TreeShape<SourceNode> {
  const nameIn = hl7RowNames(sources);
  return {
    key: ({ path }) => path,
    children: ({ children }) => children,
    text: ({ path, note, example }) => {
      const [zhCN, en] = [nameIn(path, 'zh-CN'), nameIn(path, 'en')];
      return [path, note, example, zhCN?.place, zhCN?.name, en?.name].join(' ');
    },
  };
}

interface SourcePaneProps {
  readonly list: TreeList<SourceNode>;
  readonly onPane: (pane: Pane) => void;
  readonly onHover: (path: string | undefined) => void;
  readonly onDrag: (event: PointerEvent, source: SourceNode) => void;
  readonly onPicked: () => void;
  readonly lit: ReadonlySet<string>;
  readonly onTry: TrySample | undefined;
}

/** The first saved test, to have a sample by one click. */
export interface TrySample {
  readonly name: string;
  readonly isRunning: boolean;
  run(): void;
}

export function SourcePane({ list, onPane, onHover, onDrag, onPicked, lit, onTry }: SourcePaneProps) {
  const t = useTexts(TEXTS);
  const { standardName, lines, picked, pick, editing, sample } = useMappingView();
  const language = useLanguage();
  const [active, setActive] = useState<string>();
  const read = useMemo(() => new Set(lines.map(({ source }) => source)), [lines]);
  const { rows, query, setQuery, toggle } = list;
  return (
    <section className={styles.zone} aria-label={t('title')}>
      <header className={styles.head}>
        <h3 title={t('help')}>{t('title')}</h3>
        <PaneSearch label={t('search')} query={query} onQuery={setQuery} />
      </header>
      <TreePane
        name="source"
        label={t('title')}
        rows={rows}
        active={active}
        reveal={0}
        onActive={setActive}
        onFold={toggle}
        onPane={onPane}
        onHover={onHover}
        rowClass={(row) =>
          [
            styles.source,
            row.key === active ? styles.active : '',
            row.key === picked?.path ? styles.picked : '',
            lit.has(row.key) ? styles.lit : '',
          ]
            .filter(Boolean)
            .join(' ')
        }
        onRowDown={(event, row) => (editing.isReadOnly ? undefined : onDrag(event, row.node))}
        onKey={(event, row) => {
          if (event.key === 'Escape' && picked !== undefined) pick(undefined);
          else if (event.key !== 'Enter' || row === undefined || editing.isReadOnly) return false;
          else {
            pick(row.node);
            onPicked();
          }
          event.stopPropagation();
          return true;
        }}
        footer={rows.length === 0 && query.trim() !== '' ? <NothingFound query={query} /> : null}
      >
        {(row) => <SourceRow row={row} standardName={standardName(row.key, language)} isUsed={read.has(row.key)} onFold={toggle} />}
      </TreePane>
      {sample.data === undefined ? <NoSample onTry={onTry} /> : null}
    </section>
  );
}

function NoSample({ onTry }: Pick<SourcePaneProps, 'onTry'>) {
  const t = useTexts(TEXTS);
  return (
    <div className={styles.noSample}>
      <span>
        {t('noSample')} {onTry === undefined ? t('choose') : null}
      </span>
      {onTry === undefined ? null : (
        <Button size="small" icon={<Play size={14} />} loading={onTry.isRunning} onClick={onTry.run}>
          {t('try', { name: onTry.name })}
        </Button>
      )}
    </div>
  );
}

interface SourceRowProps {
  readonly row: TreeRow<SourceNode>;
  readonly standardName: Hl7RowName | undefined;
  readonly isUsed: boolean;
  readonly onFold: (key: string) => void;
}

const SourceRow = memo(function SourceRow({ row, standardName, isUsed, onFold }: SourceRowProps) {
  const t = useTexts(TEXTS);
  const { sample } = useMappingView();
  const { node } = row;
  const isKnown = sample.data !== undefined;
  const isRoot = row.depth === 0;
  // Its path is an id that says nothing to a person, and would take the room of its name.
  const isNode = isRoot && node.path.startsWith('nodes.');
  return (
    <>
      <Fold row={row} onFold={onFold} />
      <RowTypeIcon type={typeOf(node)} />
      <span
        className={isRoot ? styles.root : standardName === undefined ? styles.name : `${styles.name} ${styles.standardPlace}`}
        title={isNode ? `${nameOf(node, t)} ${node.path}` : node.path}
      >
        {standardName?.place ?? nameOf(node, t)}
      </span>
      {isRoot && !isNode ? <code className={styles.rootPath}>{node.path}</code> : null}
      {standardName?.name === undefined ? null : <span className={styles.rootPath}>{standardName.name}</span>}
      {node.isOptional ? (
        <span className={styles.mark} title={t('optional')}>
          ?
        </span>
      ) : null}
      {node.isCut ? (
        <span className={styles.mark} title={t('cut')}>
          …
        </span>
      ) : null}
      <span className={styles.space} />
      {node.isAbsent && isKnown ? (
        <span className={styles.absent}>
          <TriangleAlert size={12} aria-hidden /> {t('absent')}
        </span>
      ) : (
        <span className={styles.value} title={node.example === undefined ? undefined : String(node.example)}>
          {node.path === 'now' ? '' : shortValue(node.example)}
        </span>
      )}
      {isUsed ? <span role="img" aria-label={t('used')} className={`${styles.port} ${styles.used}`} /> : <span className={styles.port} />}
    </>
  );
});

function nameOf({ path, name, note }: SourceNode, t: (key: Root | 'item') => string): string {
  if (ROOTS.includes(path as Root)) return t(path as Root);
  if (name === '[0]') return t('item');
  return note ?? name;
}

function typeOf({ name, path, types }: SourceNode): RowType {
  if (path === 'now') return 'time';
  return name === '[0]' ? 'items' : (types.find((type) => type !== 'null') ?? types[0] ?? 'unknown');
}
