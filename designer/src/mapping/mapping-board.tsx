/** Shows the mapping as two trees with lines between them, the rule of the selected field, and the result. */
import { Tabs } from 'antd';
import { useCallback, useMemo, useState } from 'react';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import type { Mapping } from '../../../nodes/shared/mapping/mapping-document.ts';
import { connect } from '../model/mapping/connect-mapping.ts';
import { addField } from '../model/mapping/edit-mapping.ts';
import { targetTree } from '../model/mapping/target-tree.ts';
import type { MappingLine } from '../model/mapping/mapping-lines.ts';
import type { SourceNode } from '../model/mapping/source-tree.ts';
import { ConnectMenu } from './connect-menu.tsx';
import { FieldDialog } from './field-dialog.tsx';
import { ImportDialog } from './import-dialog.tsx';
import { createPanes, LinesLayer } from './trees/lines-layer.tsx';
import { pointOf, useMappingView, type Point } from './context/mapping-context.tsx';
import { ResultPanel } from './result-panel.tsx';
import { RulePanel } from './rules/rule-panel.tsx';
import { SourcePane, sourceShape, type TrySample } from './trees/source-pane.tsx';
import { NEW_FIELD, TARGET_SHAPE, TargetPane, type FieldOrder } from './trees/target-pane.tsx';
import { useSourceDrag, type SourceDrag } from './trees/use-source-drag.ts';
import { useTreeList } from './trees/use-tree-list.ts';
import styles from './mapping-board.module.css';

const TEXTS = defineTexts({
  rule: ['规则', 'Rule'],
  result: ['结果', 'Result'],
  picked: [
    '已选中来源 {{path}}：在目标里选一行，按回车连接；Esc 取消',
    '{{path}} is selected: choose a row of the target and press Enter; press Esc to cancel',
  ],
});

export function MappingBoard({ onTry }: { readonly onTry: TrySample | undefined }) {
  const t = useTexts(TEXTS);
  const { sources, tree, lines, selected, select, picked } = useMappingView();
  const shape = useMemo(() => sourceShape(sources), [sources]);
  const source = useTreeList(sources, shape, () => otherNodes(sources, lines));
  const target = useTreeList(tree.children, TARGET_SHAPE, () => new Set<string>());
  // The scroll positions are in a store instead of the component's state, so that scrolling redraws only the lines.
  const [panes] = useState(createPanes);
  const [hovered, setHovered] = useState<Hovered>({});
  const [order, setOrder] = useState<FieldOrder>();
  const [isImporting, setImporting] = useState(false);
  const [tab, setTab] = useState('rule');
  const [reveal, setReveal] = useState(0);
  const { drag, start } = useSourceDrag(useDrop());
  const lit = useLit(lines, hovered, selected);
  const hoverSource = useCallback((path: string | undefined) => setHovered(path === undefined ? {} : { source: path }), []);
  const hoverTarget = useCallback((key: string | undefined) => setHovered(key === undefined ? {} : { target: key }), []);
  const show = (key: string) => {
    select(key);
    setTab('rule');
    setReveal((now) => now + 1);
  };
  return (
    <div className={drag === undefined ? styles.board : `${styles.board} ${styles.dragging}`}>
      <SourcePane
        list={source}
        onPane={panes.getState().setSource}
        onHover={hoverSource}
        onDrag={start}
        onPicked={focusTarget}
        lit={lit.sources}
        onTry={onTry}
      />
      <div className={styles.lines}>
        <LinesLayer panes={panes} findSource={source.find} findTarget={target.find} isLit={lit.isLit} />
      </div>
      <TargetPane
        list={target}
        onPane={panes.getState().setTarget}
        onHover={hoverTarget}
        onField={setOrder}
        onImport={() => setImporting(true)}
        over={drag?.over}
        lit={lit.targets}
        reveal={reveal}
      />
      <aside className={styles.side}>
        <Tabs
          className={styles.tabs ?? ''}
          size="small"
          activeKey={tab}
          onChange={setTab}
          items={[
            { key: 'rule', label: t('rule'), children: <RulePanel /> },
            { key: 'result', label: t('result'), children: <ResultPanel onShow={show} /> },
          ]}
        />
      </aside>
      <div className={picked === undefined ? styles.quiet : styles.picked} role="status">
        {picked === undefined ? '' : t('picked', { path: picked.path })}
      </div>
      {drag === undefined ? null : <DragLine drag={drag} />}
      <ConnectMenu />
      {order === undefined ? null : <FieldDialog order={order} onClose={() => setOrder(undefined)} />}
      {isImporting ? <ImportDialog onClose={() => setImporting(false)} /> : null}
    </div>
  );
}

interface Hovered {
  readonly source?: string;
  readonly target?: string;
}

/**
 * Returns what to highlight: the lines of the row under the pointer, the lines of the selected row, and the rows at
 * both ends of these lines.
 */
function useLit(lines: readonly MappingLine[], hovered: Hovered, selected: string | undefined) {
  return useMemo(() => {
    const isLit = ({ source, target }: MappingLine) => source === hovered.source || target === hovered.target || target === selected;
    const shown = lines.filter(isLit);
    return { isLit, sources: new Set(shown.map(({ source }) => source)), targets: new Set(shown.map(({ target }) => target)) };
  }, [lines, hovered, selected]);
}

/**
 * Handles a dropped source. A drop on a row connects it. A drop on the place for new fields first creates a field of
 * the same name, in the same undo step.
 */
function useDrop() {
  const { lead, select, editing, isList } = useMappingView();
  return (source: SourceNode, over: string, at: Point) => {
    if (over !== NEW_FIELD) return lead(source, over, at);
    let key = '';
    const isDone = editing.edit((mapping) => {
      const type = source.types.find((one) => one !== 'null');
      const isPlain = type === 'text' || type === 'number' || type === 'boolean';
      const name = freeName(mapping, lastName(source));
      const added = addField(mapping, '', { name, ...(isPlain ? { type } : {}) });
      if ('refusal' in added) return added;
      key = added.mapping.target?.at(-1)?.to ?? '';
      return connect(added.mapping, { source: pointOf(source), target: key }, isList);
    });
    return isDone ? select(key) : undefined;
  };
}

/** Returns `name` if no field has it. Otherwise adds the first free number to it, as in `code2`. */
function freeName({ rules, target = [] }: Mapping, name: string): string {
  const taken = new Set(targetTree({ rules, target }).children.map((node) => node.name));
  let number = 1;
  while (taken.has(number === 1 ? name : `${name}${number}`)) number += 1;
  return number === 1 ? name : `${name}${number}`;
}

/** Returns the last name in a path; for an item of a list, the list's name. */
function lastName({ path }: SourceNode): string {
  const names = path.match(/`[^`]+`|[^.[\]]+/g) ?? [];
  return (names.findLast((name) => !/^\d+$/.test(name)) ?? 'field').replaceAll('`', '');
}

function otherNodes(sources: readonly SourceNode[], lines: readonly MappingLine[]): ReadonlySet<string> {
  const isRead = (path: string) => lines.some(({ source }) => source.startsWith(path));
  return new Set(sources.flatMap(({ path }) => (path.startsWith('nodes.') && !isRead(path) ? [path] : [])));
}

function focusTarget(): void {
  document.querySelector<HTMLElement>('[data-tree="target"] [role="tree"]')?.focus();
}

function DragLine({ drag: { source, from, at, over } }: { readonly drag: SourceDrag }) {
  const middle = (from.x + at.x) / 2;
  return (
    <div className={styles.drag}>
      <svg aria-hidden>
        <path d={`M${from.x} ${from.y} C${middle} ${from.y} ${middle} ${at.y} ${at.x} ${at.y}`} data-over={over !== undefined} />
      </svg>
      <span className={styles.ghost} style={{ left: at.x + 12, top: at.y + 8 }}>
        {source.path}
      </span>
    </div>
  );
}
