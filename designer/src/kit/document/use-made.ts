import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';

/** What a page for something new has made: its own page takes this one's place, once the form knows that nothing is unsaved any more. */
export function useMade(area: string): { readonly isMade: boolean; readonly setMade: (id: string) => void } {
  const go = useNavigate();
  const [made, setMade] = useState<string>();
  useEffect(() => {
    if (made !== undefined) void go(`${area}/${made}`, { replace: true });
  }, [made, area, go]);
  return { isMade: made !== undefined, setMade };
}
