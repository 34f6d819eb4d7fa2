import { useState } from 'react';

/**
 * What a person has typed while the document cannot take it yet (an emptied name, a time-out of 0): shown until the document changes or takes
 * it. `take` answers whether it was taken.
 */
export function useDraft<T>(
  kept: T,
  take: (value: T, field: string) => boolean,
): readonly [shown: T, change: (value: T, field: string) => void] {
  const [draft, setDraft] = useState<{ readonly of: T; readonly value: T }>();
  const shown = draft !== undefined && draft.of === kept ? draft.value : kept;
  const change = (value: T, field: string) => setDraft(take(value, field) ? undefined : { of: kept, value });
  return [shown, change];
}
