/**
 * Opens the part of the editor that the address names, so that a link can open it: `?panel=try` opens that tab, and
 * `?node=n_map&field=/mapping` the form of a node at a field.
 */
import { useEffect } from 'react';
import { useSearchParams } from 'react-router';
import { useEditorStore } from './state/editor-context.tsx';
import { PANELS } from './state/editor-store.ts';

export function usePanelOfAddress(): void {
  const store = useEditorStore();
  const [address] = useSearchParams();
  const asked = address.get('panel');
  useEffect(() => {
    const panel = PANELS.find((name) => name === asked);
    if (panel !== undefined) store.getState().openPanel(panel);
  }, [asked, store]);
  const node = address.get('node');
  const field = address.get('field') ?? '';
  useEffect(() => {
    const { history, openField } = store.getState();
    if (node !== null && history.document.nodes.some(({ id }) => id === node)) openField(node, field);
  }, [node, field, store]);
}
