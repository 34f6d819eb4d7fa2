/** Loads what a flow page needs: the node types, the server's draft, and the browser's own copy. */
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

/** Loads the data once, when the page opens. After that, only the editor has the newest state. */
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
      // Adding missing places is no change by the user, so treat the server's document as if it had them.
      const recovered = recoverDraft(kept, served && withPlaces(served, types));
      if (recovered === undefined) throw new Error('the server gave no flow');
      return { flowId, types, recovered, drafts };
    },
    // A new login reloads all other queries, but an editor with unsaved work must keep its state.
    staleTime: 'static',
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
}
