/**
 * The draft of a flow that the browser stores during editing. Decides how editing continues after a reload or a crash.
 */
import { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { Check } from 'typebox/value';
import { isSame, type Conflict } from './autosave.ts';
import { begin, withRevision, type History } from './flow-history.ts';
import { fromStored, toStored, type StoredHistory } from './stored-history.ts';

const SCHEMA = 'kangqiao/draft-1';

export interface KeptDraft {
  readonly schema: typeof SCHEMA;
  readonly history: StoredHistory;
  /** The last known server document. */
  readonly base: FlowDocument;
  /** Documents that were sent but got no response. The server may have stored them. */
  readonly sent?: readonly FlowDocument[];
  readonly keptAtMs: number;
}

/** Returns the draft as JSON for the browser's store. The caller must store it after every change of the history. */
export function keepDraft(history: History, base: FlowDocument, nowMs: number, sent: readonly FlowDocument[] = []): KeptDraft {
  return { schema: SCHEMA, history: toStored(history), base, keptAtMs: nowMs, ...(sent.length === 0 ? {} : { sent }) };
}

export type Recovered =
  /** Editing continues with the stored draft, and undo still works. `base` is the server's document. */
  | { readonly kind: 'continue'; readonly history: History; readonly base: FlowDocument; readonly hasUnsaved: boolean; readonly sent: Sent }
  /** No useful draft was stored, so editing starts with the server's document. */
  | { readonly kind: 'fresh'; readonly history: History; readonly base: FlowDocument }
  /** The stored draft and the server's document have different changes, and neither contains all of them. */
  | { readonly kind: 'conflict'; readonly history: History; readonly conflict: Conflict; readonly sent: Sent };

/** Documents that were sent before the page was closed. With them, autosave recognises its own saves on the server. */
type Sent = readonly FlowDocument[];

/**
 * Compares the stored draft with the server's document (undefined if there is none) and decides how editing
 * continues. Unsaved changes are never dropped. Returns undefined if neither document exists.
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
