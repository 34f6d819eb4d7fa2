/** Remembers that the user closed the side panel. It stays closed in the next flow too, until the user opens it. */
import { useEffect } from 'react';
import { usePreferences } from '../kit/theme/preferences.ts';
import { useEditorStore } from './state/editor-context.tsx';

export function useRememberFoldedPanel(): void {
  const store = useEditorStore();
  useEffect(() => {
    const { isPanelFolded, change } = usePreferences.getState();
    if (isPanelFolded && !store.getState().isPanelOpen) store.getState().closePanel();
    return store.subscribe(({ isPanelUnwanted }, before) => {
      if (isPanelUnwanted !== before.isPanelUnwanted) change({ isPanelFolded: isPanelUnwanted });
    });
  }, [store]);
}
