/** Loads what a flow page needs: the node types, the server's draft, and the draft that this browser has stored. */
import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/client.ts';
import { useMe } from '../../session/session-context.ts';
import { recoverDraft, type Recovered } from '../../model/history/draft-recovery.ts';
import { withPlaces } from '../../model/layout/layout.ts';
import { createNodeTypes, type NodeTypes } from '../../model/flow/node-types.ts';
import { openDraftStore, type DraftStore } from './draft-store.ts';

export interface EditorBeginning {
  readonly flowId: string;
  readonly types: NodeTypes;
  readonly recovered: Recovered;
  readonly drafts: DraftStore;
}

/** Loads the data once, when the page opens. Later changes are only in the editor's state. */
export function useEditorStart(flowId: string) {
  const { name } = useMe();
  return useQuery({
    queryKey: ['editor-start', name, flowId],
    queryFn: async ({ signal }): Promise<EditorBeginning> => {
      const drafts = openDraftStore(name, flowId);
      const [nodes, served, kept] = await Promise.all([
        call('nodes.list', {}, { signal }),
        call('flows.get', { flowId }, { signal }),
        // A browser without storage (a private window) can edit, but cannot recover a draft after a crash.
        drafts.read().catch(() => undefined),
      ]);
      const types = createNodeTypes(nodes.items);
      // `withPlaces` adds missing positions on the canvas. This is no change by the user, so compare the stored draft
      // with a server document that has them too.
      const recovered = recoverDraft(kept, served && withPlaces(served, types));
      if (recovered === undefined) throw new Error('the server gave no flow');
      return { flowId, types, recovered, drafts };
    },
    // Never load this query again. A new login reloads all other queries, but the editor may have unsaved work.
    staleTime: 'static',
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
}
