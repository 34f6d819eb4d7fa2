/** What the open flow editor knows: the flow with its history, what is selected, what is shown beside it. One store for each open flow. */
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

/** The tabs of the side panel. `properties` shows the selected node, or the flow when none is. */
export const PANELS = ['properties', 'try', 'tests', 'problems', 'release'] as const;
export type PanelName = (typeof PANELS)[number];

export interface Selection {
  readonly nodes: readonly string[];
  readonly edges: readonly string[];
}

/** What a node took in and gave out in a trial or a real message: what its forms complete from. */
export interface Sample {
  readonly input?: unknown;
  /** By port. */
  readonly output?: Readonly<Record<string, unknown>>;
}

export type RunStatus = 'completed' | 'failed' | 'held' | 'running' | 'waiting' | 'skipped' | 'cancelled' | 'not-reached';

/** How a node fared, shown on its card. */
export interface NodeRun {
  readonly status: RunStatus;
  readonly durationMs?: number;
  readonly attempt?: number;
  readonly errorCode?: string;
}

/** A trial or a real message, laid over the canvas. */
export interface Overlay {
  readonly nodes: Readonly<Record<string, NodeRun>>;
  /** Ids of the wires that were taken. */
  readonly edges: ReadonlySet<string>;
}

/** What goes through the published version now. */
export interface FlowLive {
  readonly nodes: Readonly<Record<string, { readonly perMinute: number; readonly failed: number }>>;
  readonly edges: Readonly<Record<string, { readonly perMinute: number }>>;
}

export interface EditorState {
  readonly history: History;
  readonly types: NodeTypes;
  readonly selection: Selection;
  /** A viewer, an old version, or a message on the canvas. */
  readonly isReadOnly: boolean;
  readonly panel: PanelName;
  readonly isPanelOpen: boolean;
  /** The person closed it: selecting a node does not open it again. */
  readonly isPanelUnwanted: boolean;
  /** A field that shall be shown until something else is selected; `serial` grows so that asking for the same again is heard. */
  readonly focus: { readonly nodeId: string | undefined; readonly pointer: string; readonly serial: number } | undefined;
  readonly problems: Problems;
  readonly samples: Readonly<Record<string, Sample>>;
  readonly overlay: Overlay | undefined;
  readonly live: FlowLive | undefined;
  readonly openMappingOf: string | undefined;
  readonly trial: Trial;

  run(command: Command): void;
  /** Ends a gesture: what comes next is an undo step of its own. */
  seal(): void;
  /** Answer what was undone or redone, for a word to the person. */
  undo(): HistoryEntry | undefined;
  redo(): HistoryEntry | undefined;
  select(selection: Partial<Selection>): void;
  openPanel(panel: PanelName): void;
  closePanel(): void;
  /** Opens a node's form (the flow's, without a node) at a field. */
  openField(nodeId: string | undefined, pointer: string): void;
  openMapping(nodeId: string | undefined): void;
  setProblems(problems: Problems): void;
  setSamples(samples: Readonly<Record<string, Sample>>): void;
  setOverlay(overlay: Overlay | undefined): void;
  setTrial(part: Partial<Trial>): void;
  setLive(live: FlowLive | undefined): void;
  /** They know more of their ports than before. */
  setTypes(types: NodeTypes): void;
  setRevision(revision: number): void;
  /** Another document in place of this one, as when somebody else's version is taken. */
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

/** Shows every node in a place of its own; those that came without one have it in the document from here on. */
export function createEditorStore({ history: given, types, isReadOnly }: EditorStart): EditorStore {
  const history = { ...given, document: withPlaces(given.document, types) };
  return createStore<EditorState>((set, get) => {
    let asked = 0;
    /** Goes one step and shows what it was about. */
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

/** Listeners do not hear of a state that stays the same object: hundreds of cards would check whether it concerns them. */
function withHistory(state: EditorState, history: History): EditorState {
  return history === state.history ? state : { ...state, history };
}

function keepKnown(selection: Selection, document: FlowDocument): Selection {
  const nodes = new Set(document.nodes.map(({ id }) => id));
  const edges = new Set(document.edges.map(({ id }) => id));
  return sameOr(selection, { nodes: selection.nodes.filter((id) => nodes.has(id)), edges: selection.edges.filter((id) => edges.has(id)) });
}

/** Whoever looks at the selection draws anew only when it is another. */
function sameOr(before: Selection, after: Selection): Selection {
  const isSame = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((id, index) => id === b[index]);
  return isSame(before.nodes, after.nodes) && isSame(before.edges, after.edges) ? before : after;
}
