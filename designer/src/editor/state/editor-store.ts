/**
 * The state of an open flow editor: the flow with its history, the selection, and what is shown beside the canvas.
 * There is one store per open flow.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { findChanges } from '../../model/history/document-changes.ts';
import {
  apply,
  nodesTouched,
  redo,
  seal,
  undo,
  withRevision,
  type Command,
  type History,
  type HistoryEntry,
} from '../../model/history/flow-history.ts';
import { collectProblems, type Problems } from '../../model/problems/issues.ts';
import { withPlaces } from '../../model/layout/layout.ts';
import type { NodeTypes } from '../../model/flow/node-types.ts';
import type { Trial } from './trial-state.ts';

/** The tabs of the side panel. `properties` shows the selected node, or the flow if no node is selected. */
export const PANELS = ['properties', 'try', 'tests', 'problems', 'release'] as const;
export type PanelName = (typeof PANELS)[number];

export interface Selection {
  readonly nodes: readonly string[];
  readonly edges: readonly string[];
}

/** Input and output of a node in a trial or a real message. The form of the node offers completions from them. */
export interface Sample {
  readonly input?: unknown;
  /** The outputs by port. */
  readonly output?: Readonly<Record<string, unknown>>;
}

export type RunStatus = 'completed' | 'failed' | 'held' | 'running' | 'waiting' | 'skipped' | 'cancelled' | 'not-reached';

/** The result of a node's run, shown on its card. */
export interface NodeRun {
  readonly status: RunStatus;
  readonly durationMs?: number;
  readonly attempt?: number;
  readonly errorCode?: string;
}

/** The run of a trial or a real message, shown on the canvas. */
export interface Overlay {
  readonly nodes: Readonly<Record<string, NodeRun>>;
  /** Ids of the wires along which the message was sent. */
  readonly edges: ReadonlySet<string>;
}

/** Current traffic of the published version. */
export interface FlowLive {
  readonly nodes: Readonly<Record<string, { readonly perMinute: number; readonly failed: number }>>;
  readonly edges: Readonly<Record<string, { readonly perMinute: number }>>;
}

export interface EditorState {
  readonly history: History;
  readonly types: NodeTypes;
  readonly selection: Selection;
  /** True if the user may not edit, if an old version is shown, and if a real message is shown on the canvas. */
  readonly isReadOnly: boolean;
  readonly panel: PanelName;
  readonly isPanelOpen: boolean;
  /** True if the user closed the panel. Selecting a node then does not open it. */
  readonly isPanelUnwanted: boolean;
  /**
   * The form field to show, until the selection changes. `serial` increases with each request, so that a second request
   * for the same field is noticed.
   */
  readonly focus: { readonly nodeId: string | undefined; readonly pointer: string; readonly serial: number } | undefined;
  readonly problems: Problems;
  readonly samples: Readonly<Record<string, Sample>>;
  readonly overlay: Overlay | undefined;
  readonly live: FlowLive | undefined;
  readonly openMappingOf: string | undefined;
  readonly trial: Trial;

  run(command: Command): void;
  /** Ends the current gesture, such as typing into one field, so that the next edit is a separate undo step. */
  seal(): void;
  /** Undoes one step. Returns its entry in the history, so that it can be shown to the user. */
  undo(): HistoryEntry | undefined;
  redo(): HistoryEntry | undefined;
  select(selection: Partial<Selection>): void;
  openPanel(panel: PanelName): void;
  closePanel(): void;
  /** Opens the form of a node (or of the flow, without a node) at a field. */
  openField(nodeId: string | undefined, pointer: string): void;
  openMapping(nodeId: string | undefined): void;
  setProblems(problems: Problems): void;
  setSamples(samples: Readonly<Record<string, Sample>>): void;
  setOverlay(overlay: Overlay | undefined): void;
  setTrial(part: Partial<Trial>): void;
  setLive(live: FlowLive | undefined): void;
  /** Must be called when the server has reported ports that were not known before. */
  setTypes(types: NodeTypes): void;
  setRevision(revision: number): void;
  /** Replaces the document, for example with another user's version. */
  replaceHistory(history: History): void;
}

export type EditorStore = StoreApi<EditorState>;

const NOTHING: Selection = { nodes: [], edges: [] };
const FIRST_TRIAL: Trial = { startKey: undefined, typed: undefined, scope: 'whole', reachesAdapters: false, run: undefined };

export interface EditorStart {
  readonly history: History;
  readonly types: NodeTypes;
  readonly isReadOnly: boolean;
}

/** Creates the store. Nodes without a position on the canvas get one. */
export function createEditorStore({ history: given, types, isReadOnly }: EditorStart): EditorStore {
  const history = { ...given, document: withPlaces(given.document, types) };
  return createStore<EditorState>((set, get) => {
    let asked = 0;
    /** Undoes or redoes one step, and shows the nodes that it affected. */
    const step = (go: (history: History) => History, entryOf: (history: History) => HistoryEntry | undefined) => {
      const before = get().history;
      const entry = entryOf(before);
      if (entry === undefined || get().isReadOnly) return undefined;
      const after = go(before);
      set({ history: after, selection: keepKnown({ nodes: nodesTouched(entry, after.document), edges: [] }, after.document) });
      return entry;
    };
    return {
      history,
      types,
      isReadOnly,
      selection: NOTHING,
      panel: 'properties',
      isPanelOpen: false,
      isPanelUnwanted: false,
      focus: undefined,
      problems: collectProblems([], history.document),
      samples: {},
      overlay: undefined,
      live: undefined,
      openMappingOf: undefined,
      trial: FIRST_TRIAL,

      run(command) {
        if (get().isReadOnly) return;
        const next = apply(get().history, command);
        if (next !== get().history) set(({ selection }) => ({ history: next, selection: keepKnown(selection, next.document) }));
      },
      seal: () => set((now) => withHistory(now, seal(now.history))),
      undo: () => step(undo, ({ past }) => past.at(-1)),
      redo: () => step(redo, ({ future }) => future[0]),
      select: (part) =>
        set(({ selection, isPanelOpen, isPanelUnwanted, focus }) => {
          const next = sameOr(selection, { ...NOTHING, ...part });
          return {
            selection: next,
            isPanelOpen: isPanelOpen || (part.nodes?.length === 1 && !isPanelUnwanted),
            focus: next === selection ? focus : undefined,
          };
        }),
      openPanel: (panel) => set({ panel, isPanelOpen: true, isPanelUnwanted: false }),
      closePanel: () => set({ isPanelOpen: false, isPanelUnwanted: true }),
      openField: (nodeId, pointer) =>
        set({
          selection: { nodes: nodeId === undefined ? [] : [nodeId], edges: [] },
          panel: 'properties',
          isPanelOpen: true,
          isPanelUnwanted: false,
          focus: { nodeId, pointer, serial: ++asked },
        }),
      openMapping: (openMappingOf) => set({ openMappingOf }),
      setProblems: (problems) => set((now) => (findChanges(now.problems.all, problems.all).length === 0 ? now : { problems })),
      setSamples: (samples) => set((now) => ({ samples: { ...now.samples, ...samples } })),
      setOverlay: (overlay) => set({ overlay }),
      setTrial: (part) => set(({ trial }) => ({ trial: { ...trial, ...part } })),
      setLive: (live) => set({ live }),
      setTypes: (next) => set({ types: next }),
      setRevision: (revision) => set((now) => withHistory(now, withRevision(now.history, revision))),
      replaceHistory: (next) => set(({ selection }) => ({ history: next, selection: keepKnown(selection, next.document) })),
    };
  });
}

/**
 * Returns the same object if nothing changed, so that the store notifies no listeners. Each of the hundreds of cards is
 * a listener.
 */
function withHistory(state: EditorState, history: History): EditorState {
  return history === state.history ? state : { ...state, history };
}

function keepKnown(selection: Selection, document: FlowDocument): Selection {
  const nodes = new Set(document.nodes.map(({ id }) => id));
  const edges = new Set(document.edges.map(({ id }) => id));
  return sameOr(selection, { nodes: selection.nodes.filter((id) => nodes.has(id)), edges: selection.edges.filter((id) => edges.has(id)) });
}

/** Returns the old object if the selections are equal, so that components do not render again. */
function sameOr(before: Selection, after: Selection): Selection {
  const isSame = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((id, index) => id === b[index]);
  return isSame(before.nodes, after.nodes) && isSame(before.edges, after.edges) ? before : after;
}
