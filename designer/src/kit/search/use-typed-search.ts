/** The text of a search box. The box shows every keystroke at once; the address follows when typing pauses. */
import { useEffect, useState } from 'react';
import { useLocation, useNavigationType } from 'react-router';

const PAUSE_MS = 250;

/**
 * `inAddress` is the text in the address; `put` writes it there. Following a link or going back restores the text in
 * the box.
 */
export function useTypedSearch(inAddress: string, put: (text: string) => void): readonly [string, (text: string) => void] {
  const [typed, setTyped] = useState(inAddress);
  const { key } = useLocation();
  const way = useNavigationType();
  useEffect(() => {
    // Only this box itself, or a filter beside it, replaces the address: there is no older text to restore.
    if (way !== 'REPLACE') setTyped(inAddress);
  }, [key]);
  useEffect(() => {
    if (typed === inAddress) return;
    const timer = setTimeout(() => put(typed), PAUSE_MS);
    return () => clearTimeout(timer);
    // A filter may change the address meanwhile: `put` must keep that change.
  }, [typed, key]);
  return [typed, setTyped];
}
