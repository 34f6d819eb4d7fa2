/** `?panel=try` in the address opens that tab: a link can lead straight to it. */
import { useEffect } from 'react';
import { useSearchParams } from 'react-router';
import { useEditorStore } from './editor-context.tsx';
import { PANELS } from './editor-store.ts';

export function usePanelOfAddress(): void {
  const store = useEditorStore();
  const [address] = useSearchParams();
  const asked = address.get('panel');
  useEffect(() => {
    const panel = PANELS.find((name) => name === asked);
    if (panel !== undefined) store.getState().openPanel(panel);
  }, [asked, store]);
}
