/** The left tree: everything that the mapping can read, with the values of the sample. */
import { Button } from 'antd';
import { Play } from 'lucide-react';
import { useMemo, useState, type PointerEvent } from 'react';
import { defineTexts, useLanguage, useTexts } from '../../i18n/texts.ts';
import type { Pane } from '../../model/mapping/mapping-lines.ts';
import type { SourceNode } from '../../model/mapping/source-tree.ts';
import type { TreeShape } from '../../model/mapping/tree-rows.ts';
import { hl7RowNames } from '../context/hl7-row-names.ts';
import { useMappingView } from '../context/mapping-context.tsx';
import { NothingFound, PaneSearch } from './pane-search.tsx';
import { SourceRow, sourceRow } from './source-row.tsx';
import { TreePane } from './tree-pane.tsx';
import type { TreeList } from './use-tree-list.ts';
import styles from './panes.module.css';

const TEXTS = defineTexts({
  title: ['来源', 'Source'],
  help: [
    '拖到右边的目标字段；键盘：回车选中来源，再在目标里回车。',
    'Drag to a target field; with the keyboard: Enter selects it, Enter on a target connects.',
  ],
  search: ['搜索来源', 'Search the source'],
  noSample: ['还没有样例，这里只列出规则用到的字段。', 'There is no sample yet: only fields that rules read are listed.'],
  try: ['用测试“{{name}}”试运行一次', 'Run the test "{{name}}" once'],
  choose: ['请在上方选择样例', 'Choose a sample above'],
});

/**
 * Returns how the tree is searched and which children its rows have. A search finds paths, labels, values and names in
 * the HL7 standard.
 */
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

/** The first saved test. A click on it provides a sample. */
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
        {(row) => (
          <SourceRow
            {...sourceRow(row, standardName(row.key, language))}
            isUsed={read.has(row.key)}
            isKnown={sample.data !== undefined}
            onFold={toggle}
          />
        )}
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
