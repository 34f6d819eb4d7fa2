/** The named frame around nodes. It follows its nodes, and dragging its title drags them. */
import type { NodeProps } from '@xyflow/react';
import { useEditor } from '../../editor/state/editor-context.tsx';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { changeGroup } from '../../model/commands/groups.ts';
import { useCanvas, useCanvasTools } from '../state/canvas-context.tsx';
import { GROUP_HANDLE, type GroupElement } from '../state/flow-elements.ts';
import styles from './group-frame.module.css';
import { useLiveFrame } from './live-frame.ts';
import { select } from '../state/selection.ts';

const TEXTS = defineTexts({
  name: ['分组名称', 'Group name'],
  unnamed: ['未命名分组', 'Unnamed group'],
});

export function GroupFrame({ id, data: { group }, selected, positionAbsoluteX, positionAbsoluteY }: NodeProps<GroupElement>) {
  const t = useTexts(TEXTS);
  const tools = useCanvasTools();
  const isReadOnly = useEditor((state) => state.isReadOnly);
  const isWriting = useCanvas(({ writing }) => writing === id);
  const frame = useLiveFrame(group.nodes);
  const place = frame && {
    transform: `translate(${frame.x - positionAbsoluteX}px, ${frame.y - positionAbsoluteY}px)`,
    width: frame.width,
    height: frame.height,
  };
  const rename = (label: string) => {
    tools.canvas.getState().set({ writing: undefined });
    const { run, seal } = tools.editor.getState();
    seal();
    run(changeGroup(id, { label }));
    seal();
  };
  return (
    <div className={`${styles.frame} ${styles[group.colour]} ${selected ? styles.selected : ''}`} style={place}>
      {isWriting && !isReadOnly ? (
        <input
          autoFocus
          onFocus={(event) => event.currentTarget.select()}
          className={`${styles.field} nodrag nopan nokey`}
          aria-label={t('name')}
          maxLength={200}
          defaultValue={group.label}
          onBlur={(event) => rename(event.target.value)}
          onKeyDown={(event) => {
            event.stopPropagation();
            if (event.key === 'Enter' || event.key === 'Escape') event.currentTarget.blur();
          }}
        />
      ) : (
        <div
          className={`${styles.title} ${GROUP_HANDLE}`}
          // Select the nodes of the frame before the drag begins, so that they are dragged too.
          onPointerDown={(event) => !event.shiftKey && select(tools, { nodes: group.nodes, groups: [id] })}
          onDoubleClick={() => tools.canvas.getState().set({ writing: id })}
        >
          {group.label === '' ? t('unnamed') : group.label}
        </div>
      )}
    </div>
  );
}
