import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';

/**
 * After an object was created, replaces the page with the object's own page, once the form no longer has unsaved
 * changes.
 */
export function useMade(area: string): { readonly isMade: boolean; readonly setMade: (id: string) => void } {
  const go = useNavigate();
  const [made, setMade] = useState<string>();
  useEffect(() => {
    if (made !== undefined) void go(`${area}/${made}`, { replace: true });
  }, [made, area, go]);
  return { isMade: made !== undefined, setMade };
}
