/**
 * A flow document with its history. Undo and redo cover both configuration and layout. It is immutable: each call
 * returns a new history. Parts that a command did not change stay the same objects, so that the canvas redraws only
 * what changed.
 */
import { freeze, produce } from 'immer';
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import type { CommandName } from './command-texts.ts';
import { applyChanges, findChanges, type Change } from './document-changes.ts';

/**
 * One edit of a flow by the user, made by a function in `commands/`. `change` may run more than once, so it must be
 * deterministic.
 */
export interface Command {
  readonly name: CommandName;
  /** What the edit changes, in the user's words. For example the label of a node. */
  readonly subject?: string;
  /**
   * Consecutive commands with the same key are merged into one entry until the gesture ends. A gesture is, for example,
   * typing into one field or one drag.
   */
  readonly mergeKey?: string;
  change(draft: FlowDocument): void;
}

export interface HistoryEntry {
  readonly name: CommandName;
  readonly subject?: string;
  readonly changes: readonly Change[];
}

export interface History {
  readonly document: FlowDocument;
  /** The entries that can be undone, oldest first. */
  readonly past: readonly HistoryEntry[];
  /** The entries that can be redone, the next one first. */
  readonly future: readonly HistoryEntry[];
  /** The merge key of the current gesture. A command with this key is merged into the last entry. */
  readonly gesture?: string;
}

/** Maximum number of steps that can be undone; older ones are dropped. */
export const HISTORY_LIMIT = 500;

export function begin(document: FlowDocument): History {
  return { document: freeze(document, true), past: [], future: [] };
}

/** Runs the command and clears the redo list. Returns the same history if the command changes nothing. */
export function apply(history: History, command: Command): History {
  const drafted = produce(history.document, (draft) => void command.change(draft as FlowDocument));
  const changes = findChanges(history.document, drafted);
  if (changes.length === 0) return history;
  const document = freeze(applyChanges(history.document, changes, 'forward'), true);
  const last = history.past.at(-1);
  const isMerged = last !== undefined && command.mergeKey !== undefined && command.mergeKey === history.gesture;
  const entry = entryOf(command, isMerged ? findChanges(applyChanges(history.document, last.changes, 'back'), document) : changes);
  const kept = isMerged ? history.past.slice(0, -1) : history.past;
  const past = entry.changes.length === 0 ? kept : [...kept, entry].slice(-HISTORY_LIMIT);
  const gesture = command.mergeKey === undefined || entry.changes.length === 0 ? {} : { gesture: command.mergeKey };
  return { document, past, future: [], ...gesture };
}

/**
 * Ends the gesture, so that the next edit is a separate entry. It must be called when a field loses focus or a drag
 * ends.
 */
export function seal(history: History): History {
  if (history.gesture === undefined) return history;
  const { gesture: _ended, ...sealed } = history;
  return sealed;
}

/** Undoes one step. Returns the same history if there is nothing to undo. */
export function undo(history: History): History {
  const entry = history.past.at(-1);
  if (entry === undefined) return history;
  return {
    document: freeze(applyChanges(history.document, entry.changes, 'back'), true),
    past: history.past.slice(0, -1),
    future: [entry, ...history.future],
  };
}

/** Redoes one step. Returns the same history if there is nothing to redo. */
export function redo(history: History): History {
  const [entry, ...future] = history.future;
  if (entry === undefined) return history;
  return {
    document: freeze(applyChanges(history.document, entry.changes, 'forward'), true),
    past: [...history.past, entry],
    future,
  };
}

/** Sets the revision that the server returned. This is no edit, so it adds no entry and does not end the gesture. */
export function withRevision(history: History, revision: number): History {
  if (history.document.revision === revision) return history;
  return { ...history, document: freeze({ ...history.document, revision }) };
}

/**
 * Returns the ids of the nodes that an entry changed and that still exist. After undo or redo, the canvas shows these
 * nodes.
 */
export function nodesTouched(entry: HistoryEntry, document: FlowDocument): readonly string[] {
  const ids = new Set(entry.changes.flatMap((change) => idsIn(change, document)));
  return document.nodes.filter((node) => ids.has(node.id)).map((node) => node.id);
}

function entryOf(command: Command, changes: readonly Change[]): HistoryEntry {
  return { name: command.name, ...(command.subject === undefined ? {} : { subject: command.subject }), changes };
}

function idsIn(change: Change, document: FlowDocument): readonly string[] {
  const [part, at, third] = change.path;
  if (part === 'layout' && at === 'nodes' && typeof third === 'string') return [third];
  if (part !== 'nodes') return [];
  if (typeof at === 'number') return document.nodes[at] === undefined ? [] : [document.nodes[at].id];
  return 'removed' in change ? [...change.removed, ...change.inserted].map(([, node]) => (node as { readonly id: string }).id) : [];
}
