/** What must be there before a flow can be shown: the node types, the server's draft, and what this browser kept of it. */
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

/** Read once when the page is opened: from then on the editor knows best. */
export function useEditorStart(flowId: string) {
  const { name } = useMe();
  return useQuery({
    queryKey: ['editor-start', name, flowId],
    queryFn: async ({ signal }): Promise<EditorBeginning> => {
      const drafts = openDraftStore(name, flowId);
      const [nodes, served, kept] = await Promise.all([
        call('nodes.list', {}, { signal }),
        call('flows.get', { flowId }, { signal }),
        // A browser that keeps nothing (a private window) still edits: only the way back over a crash is missing.
        drafts.read().catch(() => undefined),
      ]);
      const types = createNodeTypes(nodes.items);
      // Places that are filled in are no change: from the start the server is taken to have them.
      const recovered = recoverDraft(kept, served && withPlaces(served, types));
      if (recovered === undefined) throw new Error('the server gave no flow');
      return { flowId, types, recovered, drafts };
    },
    // A login reads everything else again; an editor with unsaved work must keep its state.
    staleTime: 'static',
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
}
