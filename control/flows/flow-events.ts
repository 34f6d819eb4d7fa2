/** Events about flows that open pages receive. */
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';

export type SavedDraft = Pick<FlowDocument, 'flowId' | 'revision' | 'domain'>;

export interface ControlEvents {
  flowPublished(flowId: string, version: number): void;
  /** Tells pages that have the flow open to reload its draft. */
  draftSaved(flow: SavedDraft): void;
}
