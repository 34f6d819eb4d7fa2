/** Keeps the open flow: in this browser at every change, on the server after every pause. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import { ApiError, call } from '../api/client.ts';
import { browserClock } from '../app/browser-clock.ts';
import type { FlowDocument } from '../../../engine/contract/flow-document.ts';
import { Autosave, type AutosaveState, type SaveFailure } from '../model/autosave.ts';
import { replaceDocument } from '../model/commands/flow-settings.ts';
import { keepDraft } from '../model/draft-recovery.ts';
import { withPlaces } from '../model/layout.ts';
import type { NodeTypes } from '../model/node-types.ts';
import type { EditorStore } from './editor-store.ts';
import type { EditorBeginning } from './use-editor-start.ts';

export interface DraftKeeper {
  readonly state: StoreApi<AutosaveState>;
  /** Begins to keep; answers what ends it. */
  start(): () => void;
  /** Saves now; the flow is on the server when the state that is answered is `saved`. */
  flush(): Promise<AutosaveState>;
  keepMine(): void;
  /** Takes the other version; mine is one undo away. */
  takeTheirs(): void;
  retryNow(): void;
}

export function createDraftKeeper(store: EditorStore, { recovered, drafts }: EditorBeginning): DraftKeeper {
  const base = recovered.kind === 'conflict' ? recovered.conflict.base : recovered.base;
  const state = createStore<AutosaveState>(() => ({ status: 'saved', base }));
  const autosave = new Autosave(base, {
    clock: browserClock,
    save: (document, signal) => call('flows.save', { flowId: document.flowId, document }, { signal }),
    judge: (error) => judgeFailure(error, store.getState().types),
    onState: (next) => {
      state.setState(next, true);
      store.getState().setRevision(next.base.revision);
      keep();
    },
  });
  const keep = () => drafts.write(keepDraft(store.getState().history, autosave.state.base, Date.now()));
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
    keepMine: () => void autosave.keepMine(),
    takeTheirs() {
      const taken = autosave.takeTheirs();
      if (taken !== undefined) store.getState().run(replaceDocument(taken.theirs));
    },
  };
}

function judgeFailure(error: unknown, types: NodeTypes): SaveFailure {
  if (!(error instanceof ApiError)) return { kind: 'offline' };
  const theirs = error.body['theirs'] as FlowDocument | undefined;
  if (error.code === 'FLOW_STALE') return { kind: 'conflict', theirs: theirs && withPlaces(theirs, types) };
  const isAway = error.status === 0 || error.status === 401 || error.status === 429 || error.status >= 500;
  return isAway ? { kind: 'offline' } : { kind: 'refused' };
}
