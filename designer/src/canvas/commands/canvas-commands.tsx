/** Offers the actions of the canvas by name (Ctrl-K). */
import { useMemo } from 'react';
import { useCommands, type Command } from '../../kit/page/commands.ts';
import { useEditor } from '../../editor/state/editor-context.tsx';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { ACTION_TEXTS } from './action-texts.ts';
import { ACTIONS, isOffered, situationOf } from './actions.ts';
import { useCanvas, useCanvasTools } from '../state/canvas-context.tsx';
import { shownKeys } from '../../kit/page/key-names.ts';

const TEXTS = defineTexts({ canvas: ['画布', 'Canvas'] });

export function CanvasCommands() {
  const tools = useCanvasTools();
  const t = useTexts(TEXTS);
  const action = useTexts(ACTION_TEXTS);
  // Which actions are possible depends on the history, so subscribe to it.
  const history = useEditor((editor) => editor.history);
  const selection = useEditor((editor) => editor.selection);
  const notes = useCanvas((canvas) => canvas.notes);
  const commands = useMemo(() => {
    const now = { ...situationOf(tools), document: history.document };
    return ACTIONS.filter((one) => isOffered(one, now)).map(({ id, keys, run }): Command => ({
      id: `canvas:${id}`,
      label: action(id),
      group: t('canvas'),
      keywords: ACTION_TEXTS[id].join(' '),
      ...(keys?.[0] === undefined ? {} : { shortcut: shownKeys(keys[0]) }),
      run: () => run(tools),
    }));
  }, [tools, action, t, history, selection, notes]);
  useCommands(commands);
  return null;
}
