/** Saves the open flow: in this browser at every change, on the server after every pause. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import { ApiError, call } from '../../api/client.ts';
import { browserClock } from '../../api/browser-clock.ts';
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { Autosave, type AutosaveState, type Merged, type SaveFailure } from '../../model/history/autosave.ts';
import { keepDraft } from '../../model/history/draft-recovery.ts';
import { begin } from '../../model/history/flow-history.ts';
import { withPlaces } from '../../model/layout/layout.ts';
import type { DecideConflict } from '../../model/history/merge-flows.ts';
import { rebaseHistory } from '../../model/history/rebase-history.ts';
import type { NodeTypes } from '../../model/flow/node-types.ts';
import type { EditorStore } from '../state/editor-store.ts';
import type { EditorBeginning } from './use-editor-start.ts';

export interface DraftKeeper {
  readonly state: StoreApi<AutosaveState>;
  /** Starts saving. Returns a function that stops it. */
  start(): () => void;
  /** Saves now. If the returned state is `saved`, the server has the flow. */
  flush(): Promise<AutosaveState>;
  /** Loads the server's draft, if `revision` is newer than the known one, and merges it into the open flow. */
  follow(revision: number): Promise<void>;
  /**
   * Ends a conflict with the author's decision, which gave `document`. `givesUp` means that some of the author's
   * changes are dropped. The author's version is then first saved as a revision; if that fails, the call rejects and
   * the conflict stays. `decided` returns the decision on each part. It is absent if all changes of the author are
   * dropped; undo is then no longer possible.
   */
  settle(document: FlowDocument, givesUp: boolean, decided?: DecideConflict): Promise<void>;
  retryNow(): void;
  /** Must be called when the platform no longer has a draft of the flow. */
  removed(): void;
  /** The last merge of another user's changes. */
  readonly merged: StoreApi<{ readonly last?: Merged }>;
}

export function createDraftKeeper(store: EditorStore, { flowId, types, recovered, drafts }: EditorBeginning): DraftKeeper {
  const merged = createStore<{ readonly last?: Merged }>(() => ({}));
  const base = recovered.kind === 'conflict' ? recovered.conflict.base : recovered.base;
  const state = createStore<AutosaveState>(() => ({ status: 'saved', base }));
  const autosave = new Autosave(
    base,
    {
      clock: browserClock,
      save: (document, signal) => call('flows.save', { flowId: document.flowId, document }, { signal }),
      read: (revision) => readRevision(flowId, revision, types),
      onMerged(last) {
        const { history, replaceHistory } = store.getState();
        replaceHistory(rebaseHistory(history, last.base, last.theirs, last.document));
        merged.setState({ last });
      },
      judge: (error) => judgeFailure(error, store.getState().types),
      onState: (next) => {
        state.setState(next, true);
        store.getState().setRevision(next.base.revision);
        keep();
      },
    },
    'sent' in recovered ? recovered.sent : [],
  );
  const keep = () => drafts.write(keepDraft(store.getState().history, autosave.state.base, Date.now(), autosave.sent));
  const warn = (event: BeforeUnloadEvent) => {
    if (autosave.hasUnsaved) event.preventDefault();
  };
  return {
    state,
    start() {
      const stop = store.subscribe(({ history, isReadOnly }, before) => {
        if (history === before.history || isReadOnly) return;
        autosave.edited(history.document);
        keep();
      });
      if (!store.getState().isReadOnly) autosave.edited(store.getState().history.document);
      window.addEventListener('beforeunload', warn);
      return () => {
        window.removeEventListener('beforeunload', warn);
        stop();
        void autosave.flush();
      };
    },
    flush: () => autosave.flush(),
    retryNow: () => autosave.retryNow(),
    removed: () => (store.getState().isReadOnly ? undefined : autosave.removed()),
    async follow(revision) {
      if (revision <= autosave.state.base.revision) return;
      const theirs = withPlaces(await call('flows.get', { flowId }), types);
      if (!store.getState().isReadOnly) return autosave.newer(theirs);
      store.getState().replaceHistory(begin(theirs));
      state.setState({ status: 'saved', base: theirs }, true);
    },
    async settle(document, givesUp, decided) {
      const { conflict } = autosave.state;
      if (conflict === undefined) return;
      const { base, theirs } = conflict;
      const mine = { ...conflict.mine, revision: base.revision };
      if (givesUp) await call('flows.set-aside', { flowId, document: mine });
      const { history, replaceHistory } = store.getState();
      // If all changes of the author were dropped, start a new history, because undo would bring the changes back. They
      // are kept as a saved revision.
      const isKept = decided !== undefined && theirs !== undefined;
      replaceHistory(isKept ? rebaseHistory(history, base, theirs, document, decided) : begin(document));
      void autosave.settle(document);
    },
    merged,
  };
}

async function readRevision(flowId: string, revision: number, types: NodeTypes): Promise<FlowDocument | undefined> {
  try {
    return withPlaces(await call('flows.revision', { flowId, revisionId: String(revision) }), types);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

function judgeFailure(error: unknown, types: NodeTypes): SaveFailure {
  if (!(error instanceof ApiError)) return { kind: 'offline' };
  const theirs = error.body['theirs'] as FlowDocument | undefined;
  if (error.code === 'FLOW_STALE') return { kind: 'conflict', theirs: theirs && withPlaces(theirs, types) };
  const isAway = error.status === 0 || error.status === 401 || error.status === 429 || error.status >= 500;
  return isAway ? { kind: 'offline' } : { kind: 'refused' };
}
