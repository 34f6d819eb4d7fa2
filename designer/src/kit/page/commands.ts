/** Commands that the user can run by name (Ctrl-K). Pages add their commands while they are open. */
import { useEffect, useId } from 'react';
import { create } from 'zustand';

export interface Command {
  readonly id: string;
  /** The label, in the current language. */
  readonly label: string;
  /** Heading of the group that contains the command. */
  readonly group: string;
  /** Further search words, in either language. */
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

/** Offers these commands while the component is mounted. The list must be memoised. */
export function useCommands(commands: readonly Command[]): void {
  const owner = useId();
  const put = useCommandPalette((palette) => palette.put);
  useEffect(() => {
    put(owner, commands);
    return () => put(owner, undefined);
  }, [owner, put, commands]);
}
