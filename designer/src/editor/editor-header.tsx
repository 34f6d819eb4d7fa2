import { Badge, Button, Tooltip } from 'antd';
import {
  ChevronRight,
  CircleAlert,
  FlaskConical,
  History as HistoryIcon,
  Play,
  Redo2,
  Rocket,
  Settings2,
  TriangleAlert,
  Undo2,
} from 'lucide-react';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { useStore } from 'zustand';
import { diffFlows } from '../../../engine/flow/diff-flows.ts';
import { useListOf, useQueryOf } from '../api/queries.ts';
import { AREA_TEXTS } from '../kit/page/areas.ts';
import { useMay } from '../session/session-context.ts';
import { defineTexts, useText, useTexts } from '../i18n/texts.ts';
import { COMMAND_TEXTS } from '../model/history/command-texts.ts';
import type { HistoryEntry } from '../model/history/flow-history.ts';
import { FlowStateTag } from '../release/flow-state-tag.tsx';
import { Tag } from '../kit/feedback/status-tag.tsx';
import { usePageTitle } from '../kit/page/use-page-title.ts';
import type { DraftKeeper } from './draft/draft-keeper.ts';
import { useEditor, useEditorStore } from './state/editor-context.tsx';
import styles from './editor-header.module.css';
import { OthersHere } from './others-here.tsx';
import { SavingState } from './saving-state.tsx';

const TEXTS = defineTexts({
  version: ['线上版本 {{version}}', 'Version {{version}} in service'],
  undo: ['撤销：{{what}}（Ctrl+Z）', 'Undo: {{what}} (Ctrl+Z)'],
  redo: ['重做：{{what}}（Ctrl+Y）', 'Redo: {{what}} (Ctrl+Y)'],
  nothingToUndo: ['没有可撤销的操作', 'Nothing to undo'],
  nothingToRedo: ['没有可重做的操作', 'Nothing to redo'],
  settings: ['流程设置', 'Flow settings'],
  problems: ['问题', 'Problems'],
  tests: ['测试用例', 'Test cases'],
  versions: ['版本与发布', 'Versions and publishing'],
  try: ['试运行', 'Try'],
  publish: ['发布', 'Publish'],
  readOnly: ['只读', 'Read only'],
});

export function EditorHeader({ keeper }: { readonly keeper: DraftKeeper }) {
  const t = useTexts(TEXTS);
  const area = useTexts(AREA_TEXTS);
  const text = useText();
  const may = useMay();
  const { openPanel, select } = useEditorStore().getState();
  const flowId = useEditor((editor) => editor.history.document.flowId);
  const name = useEditor((editor) => text(editor.history.document.name));
  const isReadOnly = useEditor((editor) => editor.isReadOnly);
  const errors = useEditor((editor) => editor.problems.errors);
  const warnings = useEditor((editor) => editor.problems.warnings);
  usePageTitle(name);
  return (
    <div className={styles.header}>
      <div className={styles.title}>
        <Link to="/flows">{area('flows')}</Link>
        <ChevronRight size={14} />
        <h1>{name}</h1>
        <PublishedState keeper={keeper} />
        {isReadOnly ? <Tag tone="grey">{t('readOnly')}</Tag> : <SavingState keeper={keeper} />}
        <OthersHere flowId={flowId} keeper={keeper} />
      </div>
      <div className={styles.tools}>
        {isReadOnly ? null : <UndoRedo />}
        <Tooltip title={t('settings')}>
          <Button
            type="text"
            icon={<Settings2 size={18} />}
            aria-label={t('settings')}
            onClick={() => {
              select({});
              openPanel('properties');
            }}
          />
        </Tooltip>
        <Tooltip title={t('problems')}>
          <Badge count={errors + warnings} size="small" color={errors > 0 ? 'var(--kq-red)' : 'var(--kq-amber)'} offset={[-6, 6]}>
            <Button
              type="text"
              icon={errors > 0 ? <CircleAlert size={18} /> : <TriangleAlert size={18} />}
              aria-label={`${t('problems')} ${errors + warnings}`}
              onClick={() => openPanel('problems')}
            />
          </Badge>
        </Tooltip>
        <Tooltip title={t('tests')}>
          <Button type="text" icon={<FlaskConical size={18} />} aria-label={t('tests')} onClick={() => openPanel('tests')} />
        </Tooltip>
        <Tooltip title={t('versions')}>
          <Button type="text" icon={<HistoryIcon size={18} />} aria-label={t('versions')} onClick={() => openPanel('release')} />
        </Tooltip>
        {may('flows.edit') ? (
          <Button icon={<Play size={16} />} onClick={() => openPanel('try')}>
            {t('try')}
          </Button>
        ) : null}
        {may('flows.publish') ? (
          <Button type="primary" icon={<Rocket size={16} />} onClick={() => openPanel('release')}>
            {t('publish')}
          </Button>
        ) : null}
      </div>
    </div>
  );
}

/**
 * Shows whether the draft is published. Compares the draft with the published version, because the state in the list of
 * flows may be out of date.
 */
function PublishedState({ keeper }: { readonly keeper: DraftKeeper }) {
  const t = useTexts(TEXTS);
  const flowId = useEditor((editor) => editor.history.document.flowId);
  const { status, base } = useStore(keeper.state);
  const versions = useListOf('flows.versions', { flowId });
  const current = versions.data?.items.find(({ isCurrent }) => isCurrent)?.version;
  const published = useQueryOf('flows.version', { flowId, version: current ?? 1 }, { enabled: current !== undefined }).data?.document;
  const isSameAsSaved = useMemo(() => published !== undefined && diffFlows(published, base).isSame, [published, base]);
  if (versions.data === undefined || (current !== undefined && published === undefined)) return null;
  return (
    <>
      <FlowStateTag
        flow={{ ...(current === undefined ? {} : { publishedVersion: current }), isChanged: status !== 'saved' || !isSameAsSaved }}
      />
      {current === undefined ? null : <span className={styles.version}>{t('version', { version: current })}</span>}
    </>
  );
}

function UndoRedo() {
  const t = useTexts(TEXTS);
  const text = useText();
  const { undo, redo } = useEditorStore().getState();
  const last = useEditor((editor) => editor.history.past.at(-1));
  const next = useEditor((editor) => editor.history.future[0]);
  const words = (entry: HistoryEntry) => [text(COMMAND_TEXTS[entry.name]), entry.subject].filter(Boolean).join(' ');
  const undoText = last === undefined ? t('nothingToUndo') : t('undo', { what: words(last) });
  const redoText = next === undefined ? t('nothingToRedo') : t('redo', { what: words(next) });
  return (
    <>
      <Tooltip title={undoText}>
        <Button type="text" icon={<Undo2 size={18} />} disabled={last === undefined} aria-label={undoText} onClick={undo} />
      </Tooltip>
      <Tooltip title={redoText}>
        <Button type="text" icon={<Redo2 size={18} />} disabled={next === undefined} aria-label={redoText} onClick={redo} />
      </Tooltip>
    </>
  );
}
