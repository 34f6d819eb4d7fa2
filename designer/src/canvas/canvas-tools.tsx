/**
 * The two small toolbars on the canvas: the view at the lower left, and actions for several selected nodes at the
 * top.
 */
import { useStore } from '@xyflow/react';
import { useEditor } from '../editor/state/editor-context.tsx';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { ActionButton } from './action-button.tsx';
import styles from './canvas-tools.module.css';

const TEXTS = defineTexts({
  view: ['视图', 'View'],
  several: ['已选 {{count}} 个节点', '{{count}} {{count|node|nodes}} selected'],
});

export function ViewBar() {
  const t = useTexts(TEXTS);
  const isReadOnly = useEditor((editor) => editor.isReadOnly);
  const percent = useStore(({ transform }) => Math.round(transform[2] * 100));
  return (
    <div className={`${styles.bar} ${styles.view}`} role="toolbar" aria-label={t('view')}>
      <ActionButton id="zoomOut" />
      <span className={styles.percent}>{percent}%</span>
      <ActionButton id="zoomIn" />
      <ActionButton id="fit" />
      <span className={styles.line} />
      {isReadOnly ? null : (
        <>
          <ActionButton id="layout" />
          <ActionButton id="note" />
          <span className={styles.line} />
        </>
      )}
      <ActionButton id="map" />
      <ActionButton id="shortcuts" />
    </div>
  );
}

export function SelectionBar() {
  const t = useTexts(TEXTS);
  const count = useEditor(({ selection }) => selection.nodes.length);
  const isReadOnly = useEditor((editor) => editor.isReadOnly);
  if (count < 2 || isReadOnly) return null;
  return (
    <div className={`${styles.bar} ${styles.selection}`} role="toolbar" aria-label={t('several', { count })}>
      <span className={styles.count}>{t('several', { count })}</span>
      <span className={styles.line} />
      <ActionButton id="left" />
      <ActionButton id="centre" />
      <ActionButton id="right" />
      <ActionButton id="top" />
      <ActionButton id="middle" />
      <ActionButton id="bottom" />
      <ActionButton id="spread-across" isDisabled={count < 3} />
      <ActionButton id="spread-down" isDisabled={count < 3} />
      <span className={styles.line} />
      <ActionButton id="group" />
      <ActionButton id="duplicate" />
      <ActionButton id="copy" />
      <ActionButton id="remove" />
    </div>
  );
}
