/**
 * The state of the canvas only: open boxes and menus, possible targets of a wire that is being drawn, selected notes
 * and frames. It is never stored.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Point } from '../../model/flow/card-geometry.ts';
import type { PortEnd } from '../../model/commands/connect.ts';

/** What the next chosen node is connected to, or the place at which it is added. */
export type InsertionPoint =
  | { readonly kind: 'place'; readonly at: Point }
  | { readonly kind: 'after'; readonly node: string; readonly port?: string; readonly at?: Point }
  | { readonly kind: 'before'; readonly end: PortEnd; readonly at?: Point }
  | { readonly kind: 'edge'; readonly edgeId: string }
  | { readonly kind: 'replace'; readonly node: string };

export interface QuickAddRequest {
  readonly wish: InsertionPoint;
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
  /** Nodes at which the wire may end. */
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
  /** The wire into which the dragged card or node type would be inserted. */
  readonly dropEdge: string | undefined;
  /** The note or frame whose text is being edited. */
  readonly writing: string | undefined;
  /** Nodes to extract into a new flow, while the user enters its name. */
  readonly extracting: readonly string[] | undefined;
  readonly isShortcutsOpen: boolean;
  readonly isMapShown: boolean;
  /** True if the user has moved the view since the whole flow was last shown. */
  readonly isViewMoved: boolean;
  /**
   * The last text that was copied on the canvas. It is pasted if the browser does not let the page read the clipboard.
   */
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
