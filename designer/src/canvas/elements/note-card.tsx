/** A note on the canvas, edited in place. */
import { NodeResizer, type NodeProps } from '@xyflow/react';
import { memo, useEffect, useRef } from 'react';
import { useEditor } from '../../editor/state/editor-context.tsx';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { changeNote } from '../../model/commands/notes.ts';
import { useCanvas, useCanvasTools } from '../state/canvas-context.tsx';
import type { NoteElement } from '../state/flow-elements.ts';
import styles from './note-card.module.css';

const TEXTS = defineTexts({
  empty: ['双击写便签', 'Double-click to write'],
  text: ['便签内容', 'Note text'],
});
const MIN_WIDTH = 120;
const MIN_HEIGHT = 48;
const LONGEST = 4000;

export const NoteCard = memo(function NoteCard({ id, data: { note }, selected }: NodeProps<NoteElement>) {
  const t = useTexts(TEXTS);
  const { editor, canvas } = useCanvasTools();
  const isReadOnly = useEditor((state) => state.isReadOnly);
  const isWriting = useCanvas(({ writing }) => writing === id);
  const onResizeEnd = (_event: unknown, size: { x: number; y: number; width: number; height: number }) => {
    const { run, seal } = editor.getState();
    seal();
    run(changeNote(id, { x: size.x, y: size.y, width: size.width, height: size.height }));
    seal();
  };
  return (
    <div className={`${styles.note} ${styles[note.colour]} ${selected ? styles.selected : ''}`}>
      {isReadOnly ? null : (
        <NodeResizer
          isVisible={selected}
          minWidth={MIN_WIDTH}
          minHeight={MIN_HEIGHT}
          onResizeEnd={onResizeEnd}
          lineClassName={styles.line ?? ''}
        />
      )}
      {isWriting && !isReadOnly ? (
        <NoteText
          text={note.text}
          onDone={(text) => {
            canvas.getState().set({ writing: undefined });
            const { run, seal } = editor.getState();
            seal();
            run(changeNote(id, { text }));
            seal();
          }}
        />
      ) : (
        <div className={styles.text} onDoubleClick={() => canvas.getState().set({ writing: id })}>
          {note.text === '' ? <span className={styles.empty}>{t('empty')}</span> : note.text}
        </div>
      )}
    </div>
  );
});

function NoteText({ text, onDone }: { readonly text: string; readonly onDone: (text: string) => void }) {
  const t = useTexts(TEXTS);
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <textarea
      ref={field}
      className={`${styles.field} nodrag nowheel nopan nokey`}
      aria-label={t('text')}
      maxLength={LONGEST}
      defaultValue={text}
      onBlur={(event) => onDone(event.target.value)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === 'Escape') event.currentTarget.blur();
      }}
    />
  );
}
