import { createContext, use, type ReactNode } from 'react';
import type { DraftKeeper } from './draft-keeper.ts';

const KeeperContext = createContext<DraftKeeper | undefined>(undefined);

export function DraftKeeperProvider({ keeper, children }: { readonly keeper: DraftKeeper; readonly children: ReactNode }) {
  return <KeeperContext value={keeper}>{children}</KeeperContext>;
}

/** Who saves the open flow: what publishes it has it saved first. */
export function useDraftKeeper(): DraftKeeper {
  const keeper = use(KeeperContext);
  if (keeper === undefined) throw new Error('used outside of <DraftKeeperProvider>');
  return keeper;
}
