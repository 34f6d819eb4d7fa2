/** What can be done by name (Ctrl-K): pages add their commands while they are open. */
import { useEffect, useId } from 'react';
import { create } from 'zustand';

export interface Command {
  readonly id: string;
  /** In the language of the moment. */
  readonly label: string;
  /** Heading under which it is listed. */
  readonly group: string;
  /** Further words by which it is found, in either language. */
  readonly keywords?: string;
  readonly shortcut?: string;
  run(): void;
}

interface CommandPaletteState {
  readonly isOpen: boolean;
  readonly groups: Readonly<Record<string, readonly Command[]>>;
  open(): void;
  close(): void;
  put(owner: string, commands: readonly Command[] | undefined): void;
}

export const useCommandPalette = create<CommandPaletteState>((set) => ({
  isOpen: false,
  groups: {},
  open: () => set({ isOpen: true }),
  close: () => set({ isOpen: false }),
  put: (owner, commands) =>
    set(({ groups: { [owner]: _old, ...others } }) => ({ groups: commands === undefined ? others : { ...others, [owner]: commands } })),
}));

/** Offers these while the component is there; give a memoised list. */
export function useCommands(commands: readonly Command[]): void {
  const owner = useId();
  const put = useCommandPalette((palette) => palette.put);
  useEffect(() => {
    put(owner, commands);
    return () => put(owner, undefined);
  }, [owner, put, commands]);
}
