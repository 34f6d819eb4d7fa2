/** What open pages are told of flows. */
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';

export type SavedDraft = Pick<FlowDocument, 'flowId' | 'revision' | 'domain'>;

export interface ControlEvents {
  flowPublished(flowId: string, version: number): void;
  /** Pages that have the flow open are to look at its draft. */
  draftSaved(flow: SavedDraft): void;
}
