/** The mapping of a node in the open editor, and its edits. */
import { App } from 'antd';
import { useMemo } from 'react';
import { MappingSchema, type Mapping } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { useEditor, useEditorStore } from '../../editor/state/editor-context.tsx';
import type { EditorStore } from '../../editor/state/editor-store.ts';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import { setConfig } from '../../model/commands/change-node.ts';
import { fitsSchema } from '../../model/schema/fits-schema.ts';
import { nodesTouched, type HistoryEntry } from '../../model/history/flow-history.ts';
import type { Edited, MappingRefusal } from '../../model/mapping/edit-mapping.ts';

const REFUSALS = defineTexts({
  NAME_WRONG: [
    '这个名称不能用：不能为空，不能含方括号或反引号',
    'This name cannot be used: it is empty, or contains brackets or backquotes',
  ],
  NAME_TAKEN: ['这里已有同名字段', 'A field with this name already exists'],
  NO_PLACE: ['这里不能放', 'It cannot be connected here'],
  NEEDS_LIST: ['目标在列表里：请先把一个列表连到它所在的列表', 'The target is in a list: connect a list to that list first'],
  LOOP_TOO_FAR: ['循环里最多向外读一层，这个来源太靠外', 'A loop can read from at most one enclosing loop; this source is further out'],
  HAS_FIELDS: ['这里按列表逐项填充，请拖入列表，或先断开', 'This list is filled item by item: connect a list here, or disconnect it first'],
  TOO_MANY: ['规则太多，或函数嵌套太深', 'There are too many rules, or functions are nested too deeply'],
}) satisfies Record<MappingRefusal, unknown>;

const NO_RULES: Mapping = { rules: [] };

export interface MappingEditing {
  /**
   * The mapping. Undefined if the value in the document is not a valid mapping; the author can then repair it as JSON.
   */
  readonly mapping: Mapping | undefined;
  readonly isReadOnly: boolean;
  /**
   * Changes the mapping. Consecutive edits with the same `field` are one undo step until `seal` is called. Returns
   * false if the edit was refused; the author has then seen why.
   */
  edit(change: (mapping: Mapping) => Edited, field?: string): boolean;
  /** Replaces the whole mapping by a value that the author wrote as JSON. */
  replace(value: unknown): void;
  seal(): void;
}

export function useMapping(nodeId: string): MappingEditing {
  const t = useTexts(REFUSALS);
  const { message } = App.useApp();
  const store = useEditorStore();
  const isReadOnly = useEditor((editor) => editor.isReadOnly);
  const stored = useEditor(({ history }) => history.document.nodes.find(({ id }) => id === nodeId)?.config['mapping']);
  const mapping = useMemo(() => readMapping(stored), [stored]);
  return useMemo(
    () => ({
      mapping,
      isReadOnly,
      edit(change, field) {
        const now = readMapping(mappingIn(store, nodeId));
        if (now === undefined || isReadOnly) return false;
        const edited = change(now);
        if ('refusal' in edited) {
          void message.warning(t(edited.refusal));
          return false;
        }
        if (field === undefined) store.getState().seal();
        put(store, nodeId, edited.mapping, field);
        return true;
      },
      replace: (value) => put(store, nodeId, value, 'json'),
      seal: () => store.getState().seal(),
    }),
    [mapping, isReadOnly, store, nodeId, message, t],
  );
}

/**
 * Returns undo and redo for this mapping only. Edits of other parts of the flow are not visible here, so they cannot be
 * undone here.
 */
export function useMappingHistory(nodeId: string) {
  const store = useEditorStore();
  const canUndo = useEditor(({ history }) => isAboutNode(history.past.at(-1), store, nodeId));
  const canRedo = useEditor(({ history }) => isAboutNode(history.future[0], store, nodeId));
  return useMemo(() => {
    const { undo, redo } = store.getState();
    return { canUndo, canRedo, undo: () => void (canUndo && undo()), redo: () => void (canRedo && redo()) };
  }, [store, canUndo, canRedo]);
}

function isAboutNode(entry: HistoryEntry | undefined, store: EditorStore, nodeId: string): boolean {
  return entry?.name === 'node.config' && nodesTouched(entry, store.getState().history.document).includes(nodeId);
}

function readMapping(value: unknown): Mapping | undefined {
  if (value === undefined) return NO_RULES;
  return fitsSchema(MappingSchema, value) ? (value as Mapping) : undefined;
}

function mappingIn(store: EditorStore, nodeId: string): unknown {
  return store.getState().history.document.nodes.find(({ id }) => id === nodeId)?.config['mapping'];
}

function put(store: EditorStore, nodeId: string, mapping: unknown, field: string | undefined): void {
  const { history, types, run } = store.getState();
  const node = history.document.nodes.find(({ id }) => id === nodeId);
  if (node === undefined) return;
  run(setConfig(history.document, types, nodeId, { ...node.config, mapping }, field === undefined ? undefined : `/mapping ${field}`));
}
