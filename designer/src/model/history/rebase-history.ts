/** Keeps undo and redo usable after another user's changes were merged into the flow. */
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { freeze } from 'immer';
import { findChanges } from './document-changes.ts';
import { begin, redo, undo, type History, type HistoryEntry } from './flow-history.ts';
import { mergeFlows, type DecideConflict } from './merge-flows.ts';

/** Maximum number of steps that are carried over, because each of them needs a merge. */
const MOST = 100;

/**
 * Returns the history with `merged` as its document. Undo and redo then affect only this user's edits: the other
 * user's changes are merged into each past state, as if they had been there from the start. Parts that both users
 * changed stay as `decided`. The history ends at a step that would undo the other user's changes to a part without a
 * decision.
 */
export function rebaseHistory(
  history: History,
  base: FlowDocument,
  theirs: FlowDocument,
  merged: FlowDocument,
  decided: DecideConflict = () => undefined,
): History {
  const merge = (document: FlowDocument) => {
    const { document: then, conflicts } = mergeFlows(base, document, theirs, (conflict) => decided(conflict) ?? 'mine');
    return conflicts.some((conflict) => decided(conflict) === undefined) ? undefined : then;
  };
  const past = walk(history, undo, (now) => now.past.at(-1), merge, merged);
  const future = walk(history, redo, (now) => now.future[0], merge, merged);
  const { document } = begin(merged);
  return {
    document,
    past: past.map(({ entry, from, to }) => ({ ...entry, changes: findChanges(to, from) })).toReversed(),
    future: future.map(({ entry, from, to }) => ({ ...entry, changes: findChanges(from, to) })),
  };
}

interface Step {
  readonly entry: HistoryEntry;
  readonly from: FlowDocument;
  readonly to: FlowDocument;
}

function walk(
  history: History,
  go: (history: History) => History,
  entryOf: (history: History) => HistoryEntry | undefined,
  merge: (document: FlowDocument) => FlowDocument | undefined,
  merged: FlowDocument,
): readonly Step[] {
  const steps: Step[] = [];
  let from = merged;
  for (let [now, count] = [history, 0]; count < MOST; count++) {
    const entry = entryOf(now);
    if (entry === undefined) break;
    now = go(now);
    const document = merge(now.document);
    if (document === undefined) break;
    const to = freeze(document, true);
    if (findChanges(from, to).length > 0) steps.push({ entry, from, to });
    from = to;
  }
  return steps;
}
