/** Right: the target, with the rule of each field and what it gives for the sample. */
import { Button, Tooltip } from 'antd';
import { CircleAlert, FileInput, Filter, Pencil, Plus, Trash2, TriangleAlert, Unlink } from 'lucide-react';
import { memo, useMemo, useState } from 'react';
import { defineTexts, useLanguage, useTexts } from '../i18n/texts.ts';
import { disconnect, isListNode, removeField } from '../model/mapping/edit-mapping.ts';
import type { Pane } from '../model/mapping/mapping-lines.ts';
import { outputAt } from '../model/mapping/preview-mapping.ts';
import type { TargetNode } from '../model/mapping/target-tree.ts';
import type { TreeRow, TreeShape } from '../model/mapping/tree-rows.ts';
import { useIssueWords } from './issue-words.ts';
import { useMappingView } from './mapping-context.tsx';
import { NothingFound, PaneSearch } from './pane-search.tsx';
import { Fold, RowTypeIcon, shortValue, type RowType } from './row-parts.tsx';
import { sourceWords } from './source-words.ts';
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
  items: ['每一项', 'Every item'],
  append: ['追加一项', 'One more item'],
  open: ['未映射', 'Not mapped'],
  openRequired: ['必填，未映射', 'Required, not mapped'],
  required: ['接收方必需', 'The receiver needs it'],
  several: ['{{count}} 条规则', '{{count}} rules'],
  when: ['有条件', 'On a condition'],
  addIn: ['在“{{name}}”中添加字段', 'Add a field in {{name}}'],
  rename: ['重命名“{{name}}”', 'Rename {{name}}'],
  disconnect: ['断开“{{name}}”', 'Disconnect {{name}}'],
  remove: ['删除“{{name}}”', 'Remove {{name}}'],
  drop: ['把来源拖到这里，新增同名字段', 'Drop a source here: a field of its name is added'],
  empty: [
    '还没有目标字段。拖入来源、添加字段，或从样例、JSON Schema 导入结构。',
    'There are no target fields yet. Drop a source, add a field, or import the structure from an example or a JSON Schema.',
  ],
  unreadable: ['目标路径写法不正确', 'The target path cannot be read'],
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
  /** The row under a dragged source, or the place for new fields. */
  readonly over: string | undefined;
  readonly lit: ReadonlySet<string>;
  readonly reveal: number;
}

export const NEW_FIELD = '\n';

export function TargetPane({ list, onPane, onHover, onField, onImport, over, lit, reveal }: TargetPaneProps) {
  const t = useTexts(TEXTS);
  const { tree, selected, select, picked, pick, lead, editing } = useMappingView();
  const { isReadOnly } = editing;
  const { rows, query, setQuery, toggle } = list;
  const [hovered, setHovered] = useState<string>();
  const hover = (key: string | undefined) => {
    setHovered(key);
    onHover(key);
  };
  const rails = useMemo(() => loopRails(rows), [rows]);
  const remove = (node: TargetNode) => editing.edit((mapping) => removeField(mapping, node.key));
  return (
    <section className={styles.zone} aria-label={t('title')}>
      <header className={styles.head}>
        <h3>{t('title')}</h3>
        <PaneSearch label={t('search')} query={query} onQuery={setQuery} />
        <span className={styles.space} />
        {isReadOnly ? null : (
          <>
            <Button size="small" icon={<FileInput size={14} />} onClick={onImport}>
              {t('import')}
            </Button>
            <Button size="small" icon={<Plus size={14} />} onClick={() => onField({ kind: 'add', parent: '' })}>
              {t('add')}
            </Button>
          </>
        )}
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
        rowClass={(row) =>
          [
            styles.target,
            row.key === selected ? styles.active : '',
            row.key === over ? styles.over : '',
            lit.has(row.key) ? styles.lit : '',
            rails.has(row.key) ? styles.inLoop : '',
          ]
            .filter(Boolean)
            .join(' ')
        }
        rowStyle={(row) => ({ '--loop': rails.get(row.key) ?? 0 })}
        onRowDouble={({ node }) => (isReadOnly || node.kind !== 'field' ? undefined : onField({ kind: 'rename', key: node.key }))}
        onKey={(event, row) => {
          if (event.key === 'Escape' && picked !== undefined) pick(undefined);
          else if (row === undefined || isReadOnly) return false;
          else if (event.key === 'Enter' && picked !== undefined) {
            const { left, bottom } = event.currentTarget.getBoundingClientRect();
            const at = document.getElementById(event.currentTarget.getAttribute('aria-activedescendant') ?? '')?.getBoundingClientRect();
            lead(picked, row.key, { x: (at?.left ?? left) + 40, y: at?.bottom ?? bottom });
          } else if (event.key === 'Enter')
            document.querySelector<HTMLElement>('[data-rule-panel] :is(input, button, [role=combobox])')?.focus();
          else if (event.key === 'F2' && row.node.kind === 'field') onField({ kind: 'rename', key: row.key });
          else if (event.key === 'Insert') onField({ kind: 'add', parent: row.key });
          else if (event.key === 'Delete') remove(row.node);
          else return false;
          event.stopPropagation();
          return true;
        }}
        footer={
          <>
            {tree.children.length > 0 && rows.length === 0 && query.trim() !== '' ? <NothingFound query={query} /> : null}
            {tree.children.length === 0 ? <p className={styles.empty}>{t('empty')}</p> : null}
            {isReadOnly ? null : (
              <div className={over === NEW_FIELD ? `${styles.drop} ${styles.over}` : styles.drop} data-new-field>
                <Plus size={14} aria-hidden /> {t('drop')}
              </div>
            )}
          </>
        }
      >
        {(row) => (
          <>
            <TargetRow row={row} onFold={toggle} />
            {isReadOnly || row.key !== hovered ? null : <RowActs node={row.node} onField={onField} onRemove={() => remove(row.node)} />}
          </>
        )}
      </TreePane>
    </section>
  );
}

const TargetRow = memo(function TargetRow({ row, onFold }: { readonly row: TreeRow<TargetNode>; readonly onFold: (key: string) => void }) {
  const t = useTexts(TEXTS);
  const { preview, tree } = useMappingView();
  const { node } = row;
  const isRequired = node.expected?.required === true;
  const isFilled = node.rules.length > 0 || node.loop?.source.item !== undefined;
  return (
    <>
      <span className={isFilled ? `${styles.port} ${styles.used}` : styles.port} />
      <span className={styles.nameCell}>
        <Fold row={row} onFold={onFold} />
        <RowTypeIcon type={typeOf(node, preview === undefined ? undefined : outputAt(preview.output, tree, node.key))} />
        <span className={node.kind === 'items' || node.kind === 'append' ? `${styles.name} ${styles.words}` : styles.name} title={node.key}>
          {nameOf(node, t)}
        </span>
        {isRequired ? (
          <span className={styles.required} title={t('required')}>
            *
          </span>
        ) : null}
      </span>
      <RuleCell node={node} />
      <ResultCell node={node} />
    </>
  );
});

function RuleCell({ node }: { readonly node: TargetNode }) {
  const t = useTexts(TEXTS);
  const language = useLanguage();
  const { unfilled, standardName } = useMappingView();
  const source = node.rules[0]?.rule.from ?? node.loop?.source.item;
  if (source === undefined) {
    const isNeeded = unfilled.has(node.key);
    return (
      <span className={styles.ruleCell}>
        {isNeeded ? (
          <span className={styles.open}>
            <TriangleAlert size={12} aria-hidden /> {t('openRequired')}
          </span>
        ) : isOpen(node) ? (
          <span className={styles.nothing}>{t('open')}</span>
        ) : null}
      </span>
    );
  }
  const { base, kind, steps } = sourceWords(source, language);
  const last = steps.at(-1);
  return (
    <span className={styles.ruleCell} title={[base, ...steps].join(' → ')}>
      {last === undefined ? null : (
        <span className={styles.chip}>
          ƒ {last}
          {steps.length > 1 ? ` +${steps.length - 1}` : ''}
        </span>
      )}
      <span className={kind === 'loop' ? `${styles.chip} ${styles.loopChip}` : styles.rule}>
        {(kind === 'path' ? standardName(base, language)?.place : undefined) ?? base}
      </span>
      {node.rules.length > 1 ? (
        <span className={`${styles.chip} ${styles.plain}`}>{t('several', { count: node.rules.length })}</span>
      ) : null}
      {node.rules.some(({ rule }) => rule.when !== undefined) ? (
        <span className={`${styles.chip} ${styles.condition}`} title={t('when')}>
          <Filter size={12} aria-label={t('when')} />
        </span>
      ) : null}
    </span>
  );
}

function ResultCell({ node }: { readonly node: TargetNode }) {
  const t = useTexts(TEXTS);
  const words = useIssueWords();
  const { preview, problems, tree } = useMappingView();
  const problem = problems.get(node.key)?.[0];
  if (node.kind === 'unreadable' || problem !== undefined) {
    const what = problem === undefined ? t('unreadable') : words(problem).what;
    return (
      <span className={styles.resultCell}>
        <span className={styles.wrong} title={what}>
          <CircleAlert size={12} aria-hidden />
          <span>{what}</span>
        </span>
      </span>
    );
  }
  const value = preview === undefined ? undefined : shortValue(outputAt(preview.output, tree, node.key));
  return (
    <span className={styles.resultCell}>
      <span className={styles.result} title={value}>
        {value}
      </span>
    </span>
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
  const { editing } = useMappingView();
  const name = nameOf(node, t);
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

/** By pointer; by keyboard the tree has keys for it. */
function Act({ words, icon, onClick }: { readonly words: string; readonly icon: React.ReactNode; readonly onClick: () => void }) {
  return (
    <Tooltip title={words}>
      <Button type="text" size="small" tabIndex={-1} aria-label={words} icon={icon} onClick={onClick} />
    </Tooltip>
  );
}

/** Nothing fills it or a part of it. */
function isOpen(node: TargetNode): boolean {
  return node.rules.length === 0 && node.loop === undefined && node.children.every(isOpen);
}

function nameOf(node: TargetNode, t: (key: 'items' | 'append') => string): string {
  return node.kind === 'items' ? t('items') : node.kind === 'append' ? t('append') : node.name;
}

/** As it is expected, else as its parts or its value for the sample tell. */
function typeOf(node: TargetNode, value: unknown): RowType {
  if (node.kind === 'items') return 'items';
  if (node.expected?.type !== undefined) return node.expected.type;
  if (Array.isArray(value) || isListNode(node) || node.children.some(({ kind }) => kind !== 'field')) return 'list';
  if (node.children.length > 0 || (typeof value === 'object' && value !== null)) return 'object';
  return PLAIN[typeof value] ?? 'unknown';
}

const PLAIN: Readonly<Partial<Record<string, RowType>>> = { string: 'text', number: 'number', boolean: 'boolean' };

/** Depth of the innermost list of items that a row stands in, itself among them. */
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
