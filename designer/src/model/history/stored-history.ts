/** Converts a history to JSON for the browser's store and back. So undo still works after a crash. */
import { Type, type Static } from 'typebox';
import { Check } from 'typebox/value';
import { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { parseFlow } from '../../../../engine/flow/parse-flow.ts';
import { isCommandName, type CommandName } from './command-texts.ts';
import { applyChanges, findChanges } from './document-changes.ts';
import { begin, HISTORY_LIMIT, type History, type HistoryEntry } from './flow-history.ts';

const SCHEMA = 'kangqiao/history-1';

export interface StoredHistory {
  readonly schema: typeof SCHEMA;
  readonly document: FlowDocument;
  readonly past: readonly HistoryEntry[];
  readonly future: readonly HistoryEntry[];
}

const Path = Type.Array(Type.Union([Type.String(), Type.Integer({ minimum: 0 })]), { maxItems: 200 });
const Items = Type.Array(Type.Tuple([Type.Integer({ minimum: 0 }), Type.Unknown()]));
const closed = { additionalProperties: false } as const;
const StoredChange = Type.Union([
  Type.Object({ path: Path, removed: Items, inserted: Items }, closed),
  Type.Object({ path: Path, before: Type.Optional(Type.Unknown()), after: Type.Optional(Type.Unknown()) }, closed),
]);
const StoredEntry = Type.Object({ name: Type.String(), subject: Type.Optional(Type.String()), changes: Type.Array(StoredChange) }, closed);
type StoredEntry = Static<typeof StoredEntry>;
const Entries = Type.Array(StoredEntry, { maxItems: HISTORY_LIMIT });
const StoredSchema = Type.Object({ schema: Type.Literal(SCHEMA), document: Type.Unknown(), past: Entries, future: Entries }, closed);

/** Returns plain JSON, without the current gesture. */
export function toStored(history: History): StoredHistory {
  const { document, past, future } = history;
  return { schema: SCHEMA, document, past, future };
}

/**
 * Restores a stored history. If the history is damaged or from a newer version, only the document is restored.
 * Returns undefined if the document cannot be read either.
 */
export function fromStored(raw: unknown): History | undefined {
  if (typeof raw !== 'object' || raw === null || !('document' in raw)) return undefined;
  const flow = isFlow(raw.document) ? raw.document : parseFlow(raw.document).flow;
  if (flow === undefined) return undefined;
  const fresh = begin(flow);
  if (!Check(StoredSchema, raw)) return fresh;
  const { past, future } = raw;
  if (!past.every(isNamedByCommand) || !future.every(isNamedByCommand)) return fresh;
  const history: History = { ...fresh, past, future };
  return canBePlayed(history) ? history : fresh;
}

function isNamedByCommand(entry: StoredEntry): entry is StoredEntry & { name: CommandName } {
  return isCommandName(entry.name);
}

/**
 * Returns whether the history can be replayed: each undo and redo gives a valid flow document, and all of them together
 * lead back to the current document.
 */
function canBePlayed({ document, past, future }: History): boolean {
  const back = (from: FlowDocument, entries: readonly HistoryEntry[]) =>
    entries.reduceRight((now, entry) => applyChanges(now, entry.changes, 'back'), from);
  const forward = (from: FlowDocument, entries: readonly HistoryEntry[]) =>
    entries.reduce((now, entry) => applyChanges(now, entry.changes, 'forward'), from);
  try {
    const start = back(document, past);
    const end = forward(document, future);
    const isAgain = [forward(start, past), back(end, future)].every((reached) => findChanges(document, reached).length === 0);
    return isAgain && isFlow(start) && isFlow(end);
  } catch {
    return false;
  }
}

function isFlow(value: unknown): value is FlowDocument {
  return Check(FlowDocument, value);
}
