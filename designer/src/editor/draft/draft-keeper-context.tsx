import { createContext, use, type ReactNode } from 'react';
import type { DraftKeeper } from './draft-keeper.ts';

const KeeperContext = createContext<DraftKeeper | undefined>(undefined);

export function DraftKeeperProvider({ keeper, children }: { readonly keeper: DraftKeeper; readonly children: ReactNode }) {
  return <KeeperContext value={keeper}>{children}</KeeperContext>;
}

/** Returns the object that saves the open flow. Publishing uses it to save the flow first. */
export function useDraftKeeper(): DraftKeeper {
  const keeper = use(KeeperContext);
  if (keeper === undefined) throw new Error('used outside of <DraftKeeperProvider>');
  return keeper;
}
