/**
 * Edits the mapping of a node in a drawer that covers the canvas, as trees or as JSON. Every edit is a step of the
 * flow's history.
 */
import { Alert, Button, Drawer, Segmented, Tooltip } from 'antd';
import { Equal, Redo2, Undo2, X } from 'lucide-react';
import { useState, type KeyboardEvent } from 'react';
import { useEditor } from '../editor/state/editor-context.tsx';
import { NodeSurroundings } from '../node-panel/node-surroundings.tsx';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { isWritten, keyOf } from '../kit/page/key-names.ts';
import { ErrorBox } from '../kit/feedback/error-box.tsx';
import { MappingBoard } from './mapping-board.tsx';
import { MappingProvider, useMappingView } from './context/mapping-context.tsx';
import { RulesJson, type JsonDraft } from './rules-json.tsx';
import { SameNamesDialog } from './same-names-dialog.tsx';
import { SampleSelect } from './sample-select.tsx';
import { useMapping, useMappingHistory } from './context/use-mapping.ts';
import type { TrySample } from './trees/source-pane.tsx';
import { useMappingSample, type MappingSampleChoice } from './use-mapping-sample.ts';
import styles from './mapping-editor.module.css';
import { ScopeProvider, useScope } from '../node-panel/expression/scope-context.tsx';

const TEXTS = defineTexts({
  title: ['映射：{{label}}', 'Mapping: {{label}}'],
  view: ['视图', 'View'],
  trees: ['图示', 'Trees'],
  json: ['规则 JSON', 'Rules as JSON'],
  undo: ['撤销（Ctrl+Z）', 'Undo (Ctrl+Z)'],
  redo: ['重做（Ctrl+Y）', 'Redo (Ctrl+Y)'],
  sameNames: ['同名连接', 'Connect equal names'],
  close: ['关闭映射编辑器', 'Close the mapping editor'],
  broken: [
    '规则不符合映射的格式，图示无法显示。请在“规则 JSON”中更正，或撤销。',
    'The rules do not have the structure of a mapping, so the trees cannot be shown. Correct them under "Rules as JSON", or undo.',
  ],
});

interface MappingEditorProps {
  readonly nodeId: string;
  readonly onClose: () => void;
}

export function MappingEditor({ nodeId, onClose }: MappingEditorProps) {
  const t = useTexts(TEXTS);
  const label = useEditor(({ history }) => history.document.nodes.find(({ id }) => id === nodeId)?.label);
  const [view, setView] = useState<View>('trees');
  const history = useMappingHistory(nodeId);
  if (label === undefined) return null;
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.key === 'Escape') return leaveField(event);
    if (isWritten(event.target)) return;
    const act = KEYS[keyOf(event.nativeEvent)];
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    history[act]();
  };
  return (
    <Drawer
      open
      size="100%"
      placement="right"
      closable={false}
      title={null}
      aria-label={t('title', { label })}
      classNames={{ body: styles.body ?? '' }}
      onClose={onClose}
    >
      <div className={styles.editor} tabIndex={-1} onKeyDown={onKeyDown}>
        <NodeSurroundings nodeId={nodeId}>
          <Editor nodeId={nodeId} label={label} view={view} onView={setView} history={history} onClose={onClose} />
        </NodeSurroundings>
      </div>
    </Drawer>
  );
}

/** Makes Esc leave the field that has the focus. Only the next Esc closes the drawer. */
function leaveField(event: KeyboardEvent<HTMLElement>): void {
  const { currentTarget, target, nativeEvent } = event;
  // A dialog over the editor is outside the editor's element and handles Esc itself.
  if (!isWritten(target) || !currentTarget.contains(target as Node)) return;
  event.stopPropagation();
  if (!event.isDefaultPrevented() && !nativeEvent.isComposing) currentTarget.focus();
}

type View = 'trees' | 'json';
type MappingHistory = ReturnType<typeof useMappingHistory>;

const KEYS: Readonly<Record<string, 'undo' | 'redo'>> = { 'Ctrl+Z': 'undo', 'Ctrl+Y': 'redo', 'Ctrl+Shift+Z': 'redo' };

interface EditorProps extends MappingEditorProps {
  readonly label: string;
  readonly view: View;
  readonly onView: (view: View) => void;
  readonly history: MappingHistory;
}

function Editor({ nodeId, label, view, onView, history, onClose }: EditorProps) {
  const t = useTexts(TEXTS);
  const scope = useScope();
  const editing = useMapping(nodeId);
  const choice = useMappingSample(nodeId);
  const [draft, setDraft] = useState<JsonDraft>();
  const { mapping } = editing;
  const isBoard = view === 'trees' && mapping !== undefined;
  const bar = (act: React.ReactNode) => (
    <div className={styles.bar}>
      <h2>{t('title', { label })}</h2>
      <Segmented<View>
        aria-label={t('view')}
        value={view}
        options={[
          { value: 'trees', label: t('trees') },
          { value: 'json', label: t('json') },
        ]}
        onChange={onView}
      />
      <span className={styles.space} />
      {isBoard ? <SampleSelect choice={choice} /> : null}
      {act}
      {editing.isReadOnly ? null : <UndoRedo history={history} />}
      <Tooltip title={t('close')} placement="bottomRight">
        <Button type="text" icon={<X size={18} />} aria-label={t('close')} onClick={onClose} />
      </Tooltip>
    </div>
  );
  if (!isBoard) {
    return (
      <>
        {bar(null)}
        {view === 'trees' ? (
          <Alert
            className={styles.broken ?? ''}
            type="error"
            showIcon
            title={t('broken')}
            action={<Button onClick={() => onView('json')}>{t('json')}</Button>}
          />
        ) : (
          <RulesJson nodeId={nodeId} editing={editing} draft={draft} onDraft={setDraft} />
        )}
      </>
    );
  }
  return (
    <ScopeProvider {...scope} sample={choice.sample}>
      <MappingProvider nodeId={nodeId} editing={editing} mapping={mapping} sample={choice.sample}>
        {bar(editing.isReadOnly ? null : <SameNames />)}
        {choice.error === undefined ? null : <ErrorBox error={choice.error} />}
        <MappingBoard onTry={tryOf(choice)} />
      </MappingProvider>
    </ScopeProvider>
  );
}

/** If there is no sample yet, returns the first saved test, which can provide one. */
function tryOf({ options, isLoading, choose }: MappingSampleChoice): TrySample | undefined {
  const first = options.find(({ kind }) => kind === 'test');
  return first && { name: first.name, isRunning: isLoading, run: () => choose(first.key) };
}

function SameNames() {
  const t = useTexts(TEXTS);
  const [isOpen, setOpen] = useState(false);
  const { sample } = useMappingView();
  return (
    <>
      <Button icon={<Equal size={16} />} disabled={sample.data === undefined} onClick={() => setOpen(true)}>
        {t('sameNames')}
      </Button>
      {isOpen ? <SameNamesDialog onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function UndoRedo({ history }: { readonly history: MappingHistory }) {
  const t = useTexts(TEXTS);
  const { canUndo, canRedo, undo, redo } = history;
  return (
    <>
      <Tooltip title={t('undo')}>
        <Button type="text" icon={<Undo2 size={18} />} disabled={!canUndo} aria-label={t('undo')} onClick={undo} />
      </Tooltip>
      <Tooltip title={t('redo')}>
        <Button type="text" icon={<Redo2 size={18} />} disabled={!canRedo} aria-label={t('redo')} onClick={redo} />
      </Tooltip>
    </>
  );
}
