/**
 * State of the canvas only: open boxes and menus, possible targets of a wire being drawn, selected notes and frames.
 * Never stored.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Point } from '../../model/flow/card-geometry.ts';
import type { PortEnd } from '../../model/commands/connect.ts';

/** The place for the next chosen node. */
export type AddWish =
  | { readonly kind: 'place'; readonly at: Point }
  | { readonly kind: 'after'; readonly node: string; readonly port?: string; readonly at?: Point }
  | { readonly kind: 'before'; readonly end: PortEnd; readonly at?: Point }
  | { readonly kind: 'edge'; readonly edgeId: string }
  | { readonly kind: 'replace'; readonly node: string };

export interface QuickAddRequest {
  readonly wish: AddWish;
  /** Screen position. */
  readonly at: Point;
}

export interface MenuRequest {
  readonly about: 'canvas' | 'node' | 'edge' | 'several';
  /** Screen position. */
  readonly at: Point;
}

/** A wire that is being drawn. */
export interface Connecting {
  readonly from: PortEnd;
  readonly side: 'source' | 'target';
  /** Nodes that it may lead to. */
  readonly targets: ReadonlySet<string>;
}

export interface CanvasState {
  readonly notes: readonly string[];
  readonly groups: readonly string[];
  readonly quickAdd: QuickAddRequest | undefined;
  readonly menu: MenuRequest | undefined;
  readonly connecting: Connecting | undefined;
  /** The wire under the pointer. */
  readonly hoveredEdge: string | undefined;
  /** The wire that would take the dragged card or node type. */
  readonly dropEdge: string | undefined;
  /** The note or frame whose text the user is editing. */
  readonly writing: string | undefined;
  /** Nodes to extract into a flow of their own, once it has a name. */
  readonly extracting: readonly string[] | undefined;
  readonly isShortcutsOpen: boolean;
  readonly isMapShown: boolean;
  /** True if the user has moved the view since the whole flow was last shown. */
  readonly isViewMoved: boolean;
  /** The last copy, for browsers that do not let a page read the clipboard. */
  readonly copied: string | undefined;
  set(part: Partial<Omit<CanvasState, 'set'>>): void;
}

export type CanvasStore = StoreApi<CanvasState>;

export function createCanvasStore(): CanvasStore {
  return createStore<CanvasState>((set) => ({
    notes: [],
    groups: [],
    quickAdd: undefined,
    menu: undefined,
    connecting: undefined,
    hoveredEdge: undefined,
    dropEdge: undefined,
    writing: undefined,
    extracting: undefined,
    isShortcutsOpen: false,
    isMapShown: true,
    isViewMoved: false,
    copied: undefined,
    set: (part) => set(part),
  }));
}
