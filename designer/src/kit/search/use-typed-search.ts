/** The text of a search box: the box shows every key at once, the address follows when the typing pauses. */
import { useEffect, useState } from 'react';
import { useLocation, useNavigationType } from 'react-router';

const PAUSE_MS = 250;

/** `inAddress` is what the address holds; `put` writes it there. A link and the way back bring the box their own text. */
export function useTypedSearch(inAddress: string, put: (text: string) => void): readonly [string, (text: string) => void] {
  const [typed, setTyped] = useState(inAddress);
  const { key } = useLocation();
  const way = useNavigationType();
  useEffect(() => {
    // What replaces the address is this box itself, or a filter beside it, which has no older text to bring.
    if (way !== 'REPLACE') setTyped(inAddress);
  }, [key]);
  useEffect(() => {
    if (typed === inAddress) return;
    const timer = setTimeout(() => put(typed), PAUSE_MS);
    return () => clearTimeout(timer);
    // The address may change by a filter meanwhile: `put` has to keep that.
  }, [typed, key]);
  return [typed, setTyped];
}
