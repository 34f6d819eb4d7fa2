import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';

/**
 * Goes to the page of a new object after it was created. It waits until the form has no unsaved changes, so that the
 * user gets no warning.
 */
export function useMade(area: string): { readonly isMade: boolean; readonly setMade: (id: string) => void } {
  const go = useNavigate();
  const [made, setMade] = useState<string>();
  useEffect(() => {
    if (made !== undefined) void go(`${area}/${made}`, { replace: true });
  }, [made, area, go]);
  return { isMade: made !== undefined, setMade };
}
