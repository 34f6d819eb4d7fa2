/** The text of a search box. The box shows every keystroke at once; the address is updated when typing pauses. */
import { useEffect, useState } from 'react';
import { useLocation, useNavigationType } from 'react-router';

const PAUSE_MS = 250;

/**
 * Returns the text of the box and its setter. `inAddress` is the text in the address; `put` writes it there. When the
 * user follows a link or goes back, the box shows the text of the address.
 */
export function useTypedSearch(inAddress: string, put: (text: string) => void): readonly [string, (text: string) => void] {
  const [typed, setTyped] = useState(inAddress);
  const { key } = useLocation();
  const way = useNavigationType();
  useEffect(() => {
    // This box and the filters beside it replace the address. The typed text is then newer than the address, so keep
    // it.
    if (way !== 'REPLACE') setTyped(inAddress);
  }, [key]);
  useEffect(() => {
    if (typed === inAddress) return;
    const timer = setTimeout(() => put(typed), PAUSE_MS);
    return () => clearTimeout(timer);
    // Depend on `key` too. A filter may change the address before the text is written, and the new `put` keeps that
    // change.
  }, [typed, key]);
  return [typed, setTyped];
}
