import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';

/**
 * Opens the page of a new object after `setMade` was called with its id. The caller first renders with `isMade`, so
 * that its form no longer counts as unsaved and the user gets no warning.
 */
export function useMade(area: string): { readonly isMade: boolean; readonly setMade: (id: string) => void } {
  const go = useNavigate();
  const [made, setMade] = useState<string>();
  useEffect(() => {
    if (made !== undefined) void go(`${area}/${made}`, { replace: true });
  }, [made, area, go]);
  return { isMade: made !== undefined, setMade };
}
