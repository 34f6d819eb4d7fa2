/** What the browser keeps of a flow that is being edited, and how work goes on after a reload or a crash. */
import { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { Check } from 'typebox/value';
import { isSame, type Conflict } from './autosave.ts';
import { begin, withRevision, type History } from './flow-history.ts';
import { fromStored, toStored, type StoredHistory } from './stored-history.ts';

const SCHEMA = 'kangqiao/draft-1';

export interface KeptDraft {
  readonly schema: typeof SCHEMA;
  readonly history: StoredHistory;
  /** What the server had as far as was known. */
  readonly base: FlowDocument;
  /** Sent when no answer had come yet: the server may have it. */
  readonly sent?: readonly FlowDocument[];
  readonly keptAtMs: number;
}

/** JSON for the browser's own store; keep it after every entry. */
export function keepDraft(history: History, base: FlowDocument, nowMs: number, sent: readonly FlowDocument[] = []): KeptDraft {
  return { schema: SCHEMA, history: toStored(history), base, keptAtMs: nowMs, ...(sent.length === 0 ? {} : { sent }) };
}

export type Recovered =
  /** Go on with what was kept: undo works. `base` is what the server has. */
  | { readonly kind: 'continue'; readonly history: History; readonly base: FlowDocument; readonly hasUnsaved: boolean; readonly sent: Sent }
  /** Nothing of value was kept: begin with the server's document. */
  | { readonly kind: 'fresh'; readonly history: History; readonly base: FlowDocument }
  /** There are changes here that the server does not have, and others there. */
  | { readonly kind: 'conflict'; readonly history: History; readonly conflict: Conflict; readonly sent: Sent };

/** Of a kept draft; the autosave tells by it whether what the server has is its own. */
type Sent = readonly FlowDocument[];

/**
 * Compares what was kept with what the server has (undefined: nothing under this id) and says how to go on. Unsaved changes are never left
 * out. Undefined when there is neither.
 */
export function recoverDraft(kept: unknown, server: FlowDocument | undefined): Recovered | undefined {
  const draft = readDraft(kept);
  if (draft === undefined) return server === undefined ? undefined : { kind: 'fresh', history: begin(server), base: server };
  const { history, base, sent } = draft;
  const mine = history.document;
  if (server !== undefined && (isSame(mine, server) || server.revision === base.revision)) {
    const unanswered = server.revision === base.revision ? sent : [];
    return {
      ...{ kind: 'continue', history: withRevision(history, server.revision), base: server, hasUnsaved: !isSame(mine, server) },
      sent: unanswered,
    };
  }
  if (server !== undefined && isSame(mine, base) && sent.length === 0) return { kind: 'fresh', history: begin(server), base: server };
  if (server === undefined && base.revision === 0) return { kind: 'continue', history, base, hasUnsaved: true, sent };
  return { kind: 'conflict', history, conflict: { mine, theirs: server, base }, sent };
}

function readDraft(kept: unknown): { readonly history: History; readonly base: FlowDocument; readonly sent: Sent } | undefined {
  if (typeof kept !== 'object' || kept === null || !('schema' in kept) || kept.schema !== SCHEMA) return undefined;
  const { history, base, sent = [] } = kept as Partial<KeptDraft>;
  const restored = fromStored(history);
  if (restored === undefined || !Check(FlowDocument, base) || base.flowId !== restored.document.flowId) return undefined;
  const areSent = Array.isArray(sent) && sent.every((document) => Check(FlowDocument, document));
  return { history: restored, base, sent: areSent ? sent : [] };
}
