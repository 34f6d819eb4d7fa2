/** What must be there before a flow can be shown: the node types, the server's draft, and what this browser kept of it. */
import { useEffect, useState } from 'react';
import type { FlowDocument } from '../../../engine/contract/flow-document.ts';
import { useMe } from '../app/session.tsx';
import { ApiError } from '../api/client.ts';
import { useQueryOf } from '../api/queries.ts';
import { begin, type History } from '../model/flow-history.ts';
import { createNodeTypes, type NodeTypes } from '../model/node-types.ts';
import { openDraftStore, type DraftStore, type KeptDraft } from './draft-store.ts';

export interface EditorBeginning {
  readonly types: NodeTypes;
  /** The server's draft when the page was opened. */
  readonly served: FlowDocument;
  readonly history: History;
  /** This browser holds changes that the server does not have. */
  readonly isUnsaved: boolean;
  readonly drafts: DraftStore;
}

type Loaded = { readonly beginning: EditorBeginning } | { readonly error: unknown } | undefined;

export function useEditorStart(flowId: string): { readonly loaded: Loaded; readonly retry: () => void } {
  const { name } = useMe();
  const types = useQueryOf('nodes.list', {});
  const draft = useQueryOf('flows.get', { flowId });
  const [loaded, setLoaded] = useState<Loaded>();
  const [error] = [types.error ?? draft.error];
  const isReady = types.data !== undefined && draft.data !== undefined;
  useEffect(() => {
    if (!isReady || loaded !== undefined) return;
    let isGone = false;
    const drafts = openDraftStore(name, flowId);
    // A browser that keeps nothing (private window) still edits: only the way back over a crash is missing.
    void drafts
      .read()
      .catch(() => undefined)
      .then((kept) => {
        if (isGone) return;
        setLoaded({
          beginning: { types: createNodeTypes(types.data.items), served: draft.data, drafts, ...chooseHistory(draft.data, kept) },
        });
      });
    return () => {
      isGone = true;
    };
  }, [isReady, loaded, name, flowId, types.data, draft.data]);
  if (loaded === undefined && error instanceof ApiError)
    return { loaded: { error }, retry: () => void Promise.all([types.refetch(), draft.refetch()]) };
  return { loaded, retry: () => undefined };
}

/**
 * What this browser kept goes on when the server still has the draft it came from, or when it holds changes that nobody else has
 * (saving then meets the other version and asks). Else the server's draft is newer and is taken.
 */
function chooseHistory(served: FlowDocument, kept: KeptDraft | undefined): Pick<EditorBeginning, 'history' | 'isUnsaved'> {
  if (kept === undefined || (kept.isSaved && kept.history.document.revision !== served.revision))
    return { history: begin(served), isUnsaved: false };
  return { history: kept.history, isUnsaved: !kept.isSaved };
}
