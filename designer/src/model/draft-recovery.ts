/** What the browser keeps of a flow that is being edited, and how work goes on after a reload or a crash. */
import { FlowDocument } from '../../../engine/contract/flow-document.ts';
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
  readonly keptAtMs: number;
}

/** JSON for the browser's own store; keep it after every entry. */
export function keepDraft(history: History, base: FlowDocument, nowMs: number): KeptDraft {
  return { schema: SCHEMA, history: toStored(history), base, keptAtMs: nowMs };
}

export type Recovered =
  /** Go on with what was kept: undo works. `base` is what the server has. */
  | { readonly kind: 'continue'; readonly history: History; readonly base: FlowDocument; readonly hasUnsaved: boolean }
  /** Nothing of value was kept: begin with the server's document. */
  | { readonly kind: 'fresh'; readonly history: History; readonly base: FlowDocument }
  /** There are changes here that the server does not have, and others there. */
  | { readonly kind: 'conflict'; readonly history: History; readonly conflict: Conflict };

/**
 * Compares what was kept with what the server has (undefined: nothing under this id) and says how to go on. Unsaved changes are never left
 * out. Undefined when there is neither.
 */
export function recoverDraft(kept: unknown, server: FlowDocument | undefined): Recovered | undefined {
  const draft = readDraft(kept);
  if (draft === undefined) return server === undefined ? undefined : { kind: 'fresh', history: begin(server), base: server };
  const { history, base } = draft;
  const mine = history.document;
  if (server !== undefined && (isSame(mine, server) || server.revision === base.revision)) {
    return { kind: 'continue', history: withRevision(history, server.revision), base: server, hasUnsaved: !isSame(mine, server) };
  }
  if (server !== undefined && isSame(mine, base)) return { kind: 'fresh', history: begin(server), base: server };
  if (server === undefined && base.revision === 0) return { kind: 'continue', history, base, hasUnsaved: true };
  return { kind: 'conflict', history, conflict: { mine, theirs: server, base } };
}

function readDraft(kept: unknown): { readonly history: History; readonly base: FlowDocument } | undefined {
  if (typeof kept !== 'object' || kept === null || !('schema' in kept) || kept.schema !== SCHEMA) return undefined;
  const { history, base } = kept as Partial<KeptDraft>;
  const restored = fromStored(history);
  if (restored === undefined || !Check(FlowDocument, base) || base.flowId !== restored.document.flowId) return undefined;
  return { history: restored, base };
}
