/**
 * The panel beside the canvas: properties, trial, tests, problems, release. One tab is shown at a time; the user sets
 * the width.
 */
import { Button, Tabs, Tooltip } from 'antd';
import { PanelRightClose, PanelRightOpen } from 'lucide-react';
import { Activity, useState, type ComponentType, type KeyboardEvent, type PointerEvent } from 'react';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { FlowPanel } from '../node-panel/flow-panel.tsx';
import { NodePanel } from '../node-panel/node-panel.tsx';
import { ProblemsPanel } from '../release/problems-panel.tsx';
import { ReleasePanel } from '../release/release-panel.tsx';
import { TestsPanel } from '../trial/tests-panel.tsx';
import { TryPanel } from '../trial/try-panel.tsx';
import { useEditor, useEditorStore } from './state/editor-context.tsx';
import type { PanelName } from './state/editor-store.ts';
import styles from './side-panel.module.css';

const TEXTS = defineTexts({
  label: ['侧栏', 'Side panel'],
  resize: ['调整侧栏宽度', 'Width of the side panel'],
  close: ['收起侧栏', 'Collapse the side panel'],
  open: ['展开侧栏', 'Expand the side panel'],
  properties: ['配置', 'Settings'],
  try: ['试运行', 'Try'],
  tests: ['测试', 'Tests'],
  problems: ['问题', 'Problems'],
  release: ['发布', 'Publish'],
});

const WIDTH = { least: 340, most: 760, start: 420, step: 20 } as const;

const PANELS: Readonly<Record<PanelName, ComponentType>> = {
  properties: Properties,
  try: TryPanel,
  tests: TestsPanel,
  problems: ProblemsPanel,
  release: ReleasePanel,
};

export function SidePanel() {
  const t = useTexts(TEXTS);
  const { openPanel, closePanel } = useEditorStore().getState();
  const isOpen = useEditor((editor) => editor.isPanelOpen);
  const panel = useEditor((editor) => editor.panel);
  const isReadOnly = useEditor((editor) => editor.isReadOnly);
  const [width, setWidth] = useState<number>(WIDTH.start);
  if (!isOpen) return <OpenButton label={t('open')} onClick={() => openPanel(panel)} />;
  const items = Object.entries(PANELS)
    .filter(([name]) => name !== 'try' || !isReadOnly)
    .map(([name, Panel]) => ({ key: name, label: t(name as PanelName), children: <Panel /> }));
  return (
    <aside className={styles.panel} style={{ width }} aria-label={t('label')}>
      <ResizeHandle label={t('resize')} width={width} onChange={setWidth} />
      <Tabs
        className={styles.tabs ?? ''}
        size="small"
        activeKey={items.some(({ key }) => key === panel) ? panel : 'properties'}
        items={items}
        destroyOnHidden
        onChange={(key) => openPanel(key as PanelName)}
      />
      {/* The button is outside the list of tabs, because a tab list may contain only tabs. */}
      <Button
        type="text"
        size="small"
        className={styles.close ?? ''}
        icon={<PanelRightClose size={16} />}
        aria-label={t('close')}
        onClick={closePanel}
      />
    </aside>
  );
}

function OpenButton({ label, onClick }: { readonly label: string; readonly onClick: () => void }) {
  return (
    <Tooltip title={label} placement="left">
      <Button className={styles.open ?? ''} icon={<PanelRightOpen size={18} />} aria-label={label} onClick={onClick} />
    </Tooltip>
  );
}

/** Shows the form of the selected node, or of the flow if no node is selected. */
function Properties() {
  const selected = useEditor(({ selection }) => (selection.nodes.length === 1 ? selection.nodes[0] : undefined));
  // While the mapping editor covers the panel, the panel renders no forms, so that keystrokes in the mapping editor
  // stay fast.
  const isCovered = useEditor(({ openMappingOf }) => openMappingOf !== undefined);
  return (
    <Activity mode={isCovered ? 'hidden' : 'visible'}>
      {selected === undefined ? <FlowPanel /> : <NodePanel key={selected} nodeId={selected} />}
    </Activity>
  );
}

interface ResizeHandleProps {
  readonly label: string;
  readonly width: number;
  readonly onChange: (width: number) => void;
}

function ResizeHandle({ label, width, onChange }: ResizeHandleProps) {
  const set = (next: number) => onChange(Math.min(WIDTH.most, Math.max(WIDTH.least, next)));
  const drag = (event: PointerEvent<HTMLDivElement>) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) set(window.innerWidth - event.clientX);
  };
  const onKeyDown = ({ key }: KeyboardEvent) => {
    if (key === 'ArrowLeft') set(width + WIDTH.step);
    else if (key === 'ArrowRight') set(width - WIDTH.step);
  };
  return (
    <div
      className={styles.handle}
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={width}
      aria-valuemin={WIDTH.least}
      aria-valuemax={WIDTH.most}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={onKeyDown}
    />
  );
}
