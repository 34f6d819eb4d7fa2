import type { EditorStore } from '../../editor/state/editor-store.ts';
import type { Planned, Refusal } from '../../model/commands/refusal.ts';

/** Runs the planned command as its own undo step, or calls `refuse` with the reason. */
export function perform<Made extends object>(
  editor: EditorStore,
  planned: Planned<Made>,
  refuse: (refusal: Refusal) => void,
): Made | undefined {
  if ('refusal' in planned) {
    refuse(planned.refusal);
    return undefined;
  }
  const { run, seal } = editor.getState();
  seal();
  run(planned.command);
  seal();
  return planned;
}
