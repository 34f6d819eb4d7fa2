/** The right tree: the target, with the rule of each field and its result for the sample. */
import { Button, Tooltip } from 'antd';
import { FileInput, Pencil, Plus, Trash2, Unlink } from 'lucide-react';
import { useMemo, useState, type KeyboardEvent } from 'react';
import { defineTexts, useLanguage, useTexts } from '../../i18n/texts.ts';
import { disconnect, removeField } from '../../model/mapping/edit-mapping.ts';
import type { Pane } from '../../model/mapping/mapping-lines.ts';
import type { TargetNode } from '../../model/mapping/target-tree.ts';
import type { TreeRow, TreeShape } from '../../model/mapping/tree-rows.ts';
import { useMappingView } from '../context/mapping-context.tsx';
import { NothingFound, PaneSearch } from './pane-search.tsx';
import { isOpen, TargetRow, targetName, useTargetRow } from './target-row.tsx';
import { TreePane } from './tree-pane.tsx';
import type { TreeList } from './use-tree-list.ts';
import styles from './panes.module.css';

const TEXTS = defineTexts({
  title: ['目标', 'Target'],
  search: ['搜索目标', 'Search the target'],
  add: ['添加字段', 'Add field'],
  import: ['导入结构', 'Import'],
  name: ['字段', 'Field'],
  rule: ['规则', 'Rule'],
  result: ['样例结果', 'With the sample'],
  addIn: ['在“{{name}}”中添加字段', 'Add a field in {{name}}'],
  rename: ['重命名“{{name}}”', 'Rename {{name}}'],
  disconnect: ['断开“{{name}}”', 'Disconnect {{name}}'],
  remove: ['删除“{{name}}”', 'Remove {{name}}'],
  drop: ['把来源拖到这里，新增同名字段', 'Drop a source here to add a field with its name'],
  empty: [
    '还没有目标字段。拖入来源、添加字段，或从样例、JSON Schema 导入结构。',
    'There are no target fields yet. Drop a source, add a field, or import the structure from an example or a JSON Schema.',
  ],
});

export const TARGET_SHAPE: TreeShape<TargetNode> = {
  key: ({ key }) => key,
  children: ({ children }) => children,
  text: ({ key }) => key,
};

export type FieldOrder = { readonly kind: 'add'; readonly parent: string } | { readonly kind: 'rename'; readonly key: string };

interface TargetPaneProps {
  readonly list: TreeList<TargetNode>;
  readonly onPane: (pane: Pane) => void;
  readonly onHover: (key: string | undefined) => void;
  readonly onField: (order: FieldOrder) => void;
  readonly onImport: () => void;
  /** Key of the row under the dragged source, or a constant for the place that creates a new field. */
  readonly over: string | undefined;
  readonly lit: ReadonlySet<string>;
  readonly reveal: number;
}

export const NEW_FIELD = '\n';

export function TargetPane({ list, onPane, onHover, onField, onImport, over, lit, reveal }: TargetPaneProps) {
  const t = useTexts(TEXTS);
  const { selected, select, editing } = useMappingView();
  const { isReadOnly } = editing;
  const rowOf = useTargetRow();
  const { rows, query, setQuery, toggle } = list;
  const [hovered, setHovered] = useState<string>();
  const hover = (key: string | undefined) => {
    setHovered(key);
    onHover(key);
  };
  const rails = useMemo(() => loopRails(rows), [rows]);
  const remove = (node: TargetNode) => editing.edit((mapping) => removeField(mapping, node.key));
  const onKey = useKeys(onField, remove);
  return (
    <section className={styles.zone} aria-label={t('title')}>
      <header className={styles.head}>
        <h3>{t('title')}</h3>
        <PaneSearch label={t('search')} query={query} onQuery={setQuery} />
        <span className={styles.space} />
        {isReadOnly ? null : <NewFields onField={onField} onImport={onImport} />}
      </header>
      <div className={styles.columns} aria-hidden>
        <span>{t('name')}</span>
        <span>{t('rule')}</span>
        <span>{t('result')}</span>
      </div>
      <TreePane
        name="target"
        label={t('title')}
        rows={rows}
        active={selected}
        reveal={reveal}
        onActive={select}
        onFold={toggle}
        onPane={onPane}
        onHover={hover}
        rowClass={({ key }) =>
          [
            styles.target,
            key === selected ? styles.active : '',
            key === over ? styles.over : '',
            lit.has(key) ? styles.lit : '',
            rails.has(key) ? styles.inLoop : '',
          ]
            .filter(Boolean)
            .join(' ')
        }
        rowStyle={({ key }) => ({ '--loop': rails.get(key) ?? 0 })}
        onRowDouble={({ node }) => (isReadOnly || node.kind !== 'field' ? undefined : onField({ kind: 'rename', key: node.key }))}
        onKey={onKey}
        footer={<Footer list={list} isOver={over === NEW_FIELD} />}
      >
        {(row) => (
          <>
            <TargetRow {...rowOf(row)} onFold={toggle} />
            {isReadOnly || row.key !== hovered ? null : <RowActs node={row.node} onField={onField} onRemove={() => remove(row.node)} />}
          </>
        )}
      </TreePane>
    </section>
  );
}

/** Returns the handler for keys. Everything that the pointer can do with a row can also be done by keys. */
function useKeys(onField: TargetPaneProps['onField'], remove: (node: TargetNode) => void) {
  const { picked, pick, lead, editing } = useMappingView();
  return (event: KeyboardEvent, row: TreeRow<TargetNode> | undefined): boolean => {
    if (event.key === 'Escape' && picked !== undefined) pick(undefined);
    else if (row === undefined || editing.isReadOnly) return false;
    else if (event.key === 'Enter' && picked !== undefined) {
      const { left, bottom } = event.currentTarget.getBoundingClientRect();
      const at = document.getElementById(event.currentTarget.getAttribute('aria-activedescendant') ?? '')?.getBoundingClientRect();
      lead(picked, row.key, { x: (at?.left ?? left) + 40, y: at?.bottom ?? bottom });
    } else if (event.key === 'Enter') document.querySelector<HTMLElement>('[data-rule-panel] :is(input, button, [role=combobox])')?.focus();
    else if (event.key === 'F2' && row.node.kind === 'field') onField({ kind: 'rename', key: row.key });
    else if (event.key === 'Insert') onField({ kind: 'add', parent: row.key });
    else if (event.key === 'Delete') remove(row.node);
    else return false;
    event.stopPropagation();
    return true;
  };
}

function NewFields({ onField, onImport }: Pick<TargetPaneProps, 'onField' | 'onImport'>) {
  const t = useTexts(TEXTS);
  return (
    <>
      <Button size="small" icon={<FileInput size={14} />} onClick={onImport}>
        {t('import')}
      </Button>
      <Button size="small" icon={<Plus size={14} />} onClick={() => onField({ kind: 'add', parent: '' })}>
        {t('add')}
      </Button>
    </>
  );
}

/** Shows a text if the tree has no rows. A source that is dropped here becomes a new field. */
function Footer({ list: { rows, query }, isOver }: Pick<TargetPaneProps, 'list'> & { readonly isOver: boolean }) {
  const t = useTexts(TEXTS);
  const { tree, editing } = useMappingView();
  const isEmpty = tree.children.length === 0;
  return (
    <>
      {!isEmpty && rows.length === 0 && query.trim() !== '' ? <NothingFound query={query} /> : null}
      {isEmpty ? <p className={styles.empty}>{t('empty')}</p> : null}
      {editing.isReadOnly ? null : (
        <div className={isOver ? `${styles.drop} ${styles.over}` : styles.drop} data-new-field>
          <Plus size={14} aria-hidden /> {t('drop')}
        </div>
      )}
    </>
  );
}

function RowActs({
  node,
  onField,
  onRemove,
}: {
  readonly node: TargetNode;
  readonly onField: (order: FieldOrder) => void;
  readonly onRemove: () => void;
}) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const { editing } = useMappingView();
  const name = targetName(node, language);
  const canHold = node.kind !== 'unreadable' && node.kind !== 'append' && node.loop?.source.item === undefined;
  return (
    <span className={styles.acts} onClick={(event) => event.stopPropagation()} onDoubleClick={(event) => event.stopPropagation()}>
      {canHold ? (
        <Act words={t('addIn', { name })} icon={<Plus size={14} />} onClick={() => onField({ kind: 'add', parent: node.key })} />
      ) : null}
      {node.kind === 'field' ? (
        <Act words={t('rename', { name })} icon={<Pencil size={14} />} onClick={() => onField({ kind: 'rename', key: node.key })} />
      ) : null}
      {isOpen(node) ? null : (
        <Act
          words={t('disconnect', { name })}
          icon={<Unlink size={14} />}
          onClick={() => editing.edit((mapping) => disconnect(mapping, node.key))}
        />
      )}
      <Act words={t('remove', { name })} icon={<Trash2 size={14} />} onClick={onRemove} />
    </span>
  );
}

/** Shows a button that only the pointer can reach, because the tree has keys that do the same. */
function Act({ words, icon, onClick }: { readonly words: string; readonly icon: React.ReactNode; readonly onClick: () => void }) {
  return (
    <Tooltip title={words}>
      <Button type="text" size="small" tabIndex={-1} aria-label={words} icon={icon} onClick={onClick} />
    </Tooltip>
  );
}

/**
 * Returns, for each row inside a loop, the depth of the innermost row that stands for the loop's items. For a row of
 * items this is its own depth.
 */
function loopRails(rows: readonly TreeRow<TargetNode>[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const open: number[] = [];
  for (const { key, depth, node } of rows) {
    while (open.length > 0 && depth <= (open.at(-1) ?? 0)) open.pop();
    if (node.kind === 'items') open.push(depth);
    const rail = open.at(-1);
    if (rail !== undefined) found.set(key, rail);
  }
  return found;
}
