import { useState } from 'react';

/**
 * Keeps input that the document does not accept yet, for example an empty name or a time-out of 0. The input is shown
 * until the document accepts new input or changes in another way. `take` writes the input to the document and returns
 * whether it was accepted.
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
