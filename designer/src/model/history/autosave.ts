/**
 * Saves a flow while it is edited. Only one save runs at a time, and a failed save is repeated. If another user has
 * saved in the meantime, changes to different parts are merged. The author decides about parts that both users changed.
 * This object keeps the newest document until the server has it.
 */
import type { Clock } from '../../../../engine/contract/values/clock.ts';
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { findChanges } from './document-changes.ts';
import { mergeFlows } from './merge-flows.ts';

/**
 * `saved`: the server has the document. `dirty`: it will be saved in a moment. `saving`: a save is running. `offline`:
 * the save is repeated at `retryAtMs`. `conflict`: another user saved or deleted the flow, and the author must decide.
 * `refused`: the server rejected the document; it is sent again after the next edit.
 */
export type AutosaveStatus = 'saved' | 'dirty' | 'saving' | 'offline' | 'conflict' | 'refused';

export interface Conflict {
  /** The newest local document. The user can edit it further while the conflict is open. */
  readonly mine: FlowDocument;
  /** The server's document; undefined if the flow was deleted there. */
  readonly theirs: FlowDocument | undefined;
  /** The version from which both users started. */
  readonly base: FlowDocument;
}

export interface AutosaveState {
  readonly status: AutosaveStatus;
  /** The last known server document, with its revision. */
  readonly base: FlowDocument;
  /** Wall clock time of the last save, in milliseconds. */
  readonly savedAtMs?: number;
  /** Monotonic time of the next attempt, in milliseconds. */
  readonly retryAtMs?: number;
  readonly conflict?: Conflict;
  /** The error of the last save, if the status is `offline` or `refused`. */
  readonly error?: unknown;
}

export type SaveFailure =
  /** It is not known whether the server stored the document, so the save is repeated. */
  | { readonly kind: 'offline'; readonly retryAfterMs?: number }
  /** Another user saved in the meantime. `theirs` is undefined if they deleted the flow. */
  | { readonly kind: 'conflict'; readonly theirs: FlowDocument | undefined }
  /** The server refused the document. Sending it again without a change is useless. */
  | { readonly kind: 'refused' };

export interface Merged {
  /** The version from which both users started. */
  readonly base: FlowDocument;
  readonly theirs: FlowDocument;
  /** The other user's document with the changes of this user. */
  readonly document: FlowDocument;
}

export interface AutosaveOptions {
  readonly clock: Clock;
  /** Saves the document if the server's revision is still `document.revision`. Returns the new revision. */
  save(document: FlowDocument, signal: AbortSignal): Promise<{ readonly revision: number }>;
  judge(error: unknown): SaveFailure;
  /** Returns the server's document of a revision; undefined if the server no longer has it. */
  read(revision: number): Promise<FlowDocument | undefined>;
  /** Called when another user's changes were merged into the document, before the state changes. */
  onMerged(merged: Merged): void;
  /** Called after every change of the state. */
  onState(state: AutosaveState): void;
}

const DEBOUNCE_MS = 800;
const TIMEOUT_MS = 30_000;
const RETRY_MIN_MS = 1000;
const RETRY_MAX_MS = 30_000;

export class Autosave {
  readonly #options: AutosaveOptions;
  #state: AutosaveState;
  /** The newest local document. */
  #latest: FlowDocument;
  #sending: { readonly document: FlowDocument; readonly controller: AbortController } | undefined;
  /** Documents that were sent but got no response. The server may have stored them. */
  #unanswered: FlowDocument[] = [];
  #failures = 0;
  #cancelTimer: () => void = () => undefined;
  #waiting: ((state: AutosaveState) => void)[] = [];
  #isStopped = false;

  /**
   * Creates the autosave of a flow. `base` is the server's document. After a crash it may be the older server document
   * on which a stored draft is based; the first save then finds out what has changed since. `sent` are the documents
   * whose save was not finished when the page was closed.
   */
  constructor(base: FlowDocument, options: AutosaveOptions, sent: readonly FlowDocument[] = []) {
    this.#options = options;
    this.#latest = base;
    this.#unanswered = [...sent];
    this.#state = { status: 'saved', base };
  }

  get state(): AutosaveState {
    return this.#state;
  }

  /** Returns whether the server may lack local changes. If so, the page must warn the user before they leave it. */
  get hasUnsaved(): boolean {
    return !isSame(this.#latest, this.#state.base) || this.#sending !== undefined;
  }

  /** Documents that were sent but got no response yet. The server may have stored them. */
  get sent(): readonly FlowDocument[] {
    return this.#sending === undefined ? this.#unanswered : [...this.#unanswered, this.#sending.document];
  }

  /** Must be called with the document after every edit, undo and redo. */
  edited(document: FlowDocument): void {
    if (document === this.#latest) return;
    this.#latest = document;
    switch (this.#state.status) {
      case 'saving':
        return;
      case 'offline':
        return;
      case 'conflict':
        return this.#set({ ...this.#state, conflict: { ...this.#state.conflict!, mine: document } });
      case 'saved':
      case 'dirty':
      case 'refused':
        return this.#schedule();
    }
  }

  /**
   * Saves now, for Ctrl-S and before publishing. Resolves as soon as everything is saved, or when it cannot be saved
   * now.
   */
  flush(): Promise<AutosaveState> {
    if (this.#state.status === 'dirty' || this.#state.status === 'refused' || this.#state.status === 'offline') this.#send();
    if (this.#state.status !== 'saving') return Promise.resolve(this.#state);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Retries at once. Should be called when the network or the session is available again. */
  retryNow(): void {
    if (this.#state.status === 'offline' || this.#state.status === 'refused') this.#send();
  }

  /**
   * Must be called with the server's document after another user saved. Merges that user's changes at once, so that
   * fewer conflicts arise. Does nothing unless the status is `saved` or `dirty`: in any other state, the next save
   * finds the changes.
   */
  newer(theirs: FlowDocument): void {
    const { status, base } = this.#state;
    if (theirs.revision <= base.revision || this.#unanswered.length > 0) return;
    if (status !== 'saved' && status !== 'dirty') return;
    // The documents are equal, for example if another page of the same user saved the document just before it was
    // closed.
    if (isSame(this.#latest, theirs)) this.#saved(theirs);
    else this.#takeIn(base, theirs);
  }

  /**
   * Must be called when another user deleted the flow. The author then decides whether to restore it. Does nothing
   * unless the status is `saved` or `dirty`: in any other state, the next save finds the deletion.
   */
  removed(): void {
    const { status, base } = this.#state;
    if (base.revision === 0 || (status !== 'saved' && status !== 'dirty')) return;
    this.#cancelTimer();
    this.#set({ ...this.#known(), status: 'conflict', conflict: { mine: this.#latest, theirs: undefined, base } });
  }

  /**
   * Ends a conflict by the author's decision. Saves the document as the next revision after the other user's. If the
   * other user deleted the flow, saves it as a new flow.
   */
  settle(document: FlowDocument): Promise<AutosaveState> {
    const { conflict } = this.#state;
    if (conflict === undefined) return this.flush();
    // Revision 0 means that the server does not know the flow.
    const base = conflict.theirs ?? { ...conflict.base, revision: 0 };
    this.#latest = document;
    this.#unanswered = [];
    this.#cancelTimer();
    if (isSame(document, base) && conflict.theirs !== undefined) {
      this.#set({ ...this.#known(), status: 'saved', base });
      return Promise.resolve(this.#state);
    }
    this.#set({ ...this.#known(), status: 'dirty', base });
    this.#send();
    return this.flush();
  }

  /** Stops saving. The result of a save that is still running is ignored. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
    this.#release();
  }

  #schedule(): void {
    this.#cancelTimer();
    const known = this.#known();
    if (isSame(this.#latest, known.base) && this.#unanswered.length === 0) return this.#set({ ...known, status: 'saved' });
    if (!this.#isStopped) this.#cancelTimer = this.#options.clock.after(DEBOUNCE_MS, () => this.#send());
    this.#set({ ...known, status: 'dirty' });
  }

  #send(): void {
    if (this.#isStopped || this.#sending !== undefined) return;
    this.#cancelTimer();
    const { base } = this.#state;
    const document = { ...this.#latest, revision: base.revision };
    const controller = new AbortController();
    this.#sending = { document, controller };
    const cancelTimeout = this.#options.clock.after(TIMEOUT_MS, () => controller.abort(new Error('The server gave no answer in time.')));
    this.#set({ ...this.#known(), status: 'saving' });
    this.#answerOf(document, controller.signal)
      .then(
        ({ revision }) => this.#saved({ ...document, revision }),
        (error: unknown) => this.#failed(document, error),
      )
      .finally(cancelTimeout);
  }

  /**
   * Sends the document. Settles with the response or the time-out, whichever comes first. If `save` throws an error
   * directly, this counts as a failed save.
   */
  async #answerOf(document: FlowDocument, signal: AbortSignal): Promise<{ readonly revision: number }> {
    const timedOut = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    return await Promise.race([this.#options.save(document, signal), timedOut]);
  }

  #saved(base: FlowDocument): void {
    this.#sending = undefined;
    this.#unanswered = [];
    this.#failures = 0;
    this.#set({ status: 'dirty', base, savedAtMs: this.#options.clock.now() }, 'quiet');
    this.#schedule();
  }

  #failed(sent: FlowDocument, error: unknown): void {
    const failure = this.#options.judge(error);
    if (failure.kind === 'conflict') return void this.#clash(sent, failure.theirs);
    this.#sending = undefined;
    switch (failure.kind) {
      case 'offline':
        return this.#wait(sent, error, failure.retryAfterMs);
      case 'refused':
        this.#failures = 0;
        return this.#set({ ...this.#known(), status: 'refused', error });
    }
  }

  #wait(sent: FlowDocument, error: unknown, retryAfterMs: number | undefined): void {
    const { clock } = this.#options;
    const last = this.#unanswered.at(-1);
    if (last === undefined || !isSame(last, sent)) this.#unanswered.push(sent);
    const delayMs = Math.max(retryAfterMs ?? 0, Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** this.#failures));
    this.#failures += 1;
    this.#cancelTimer = clock.after(delayMs, () => this.#send());
    this.#set({ ...this.#known(), status: 'offline', error, retryAtMs: clock.monotonic() + delayMs });
  }

  /**
   * Finds out whether a save that the server refused as outdated is a real conflict. The server may have stored an
   * earlier document of this page without the response arriving. If it still has that document, there is no conflict.
   * If another user then saved a newer version, that document is the base of the merge. Nothing is sent until this is
   * known.
   */
  async #clash(sent: FlowDocument, theirs: FlowDocument | undefined): Promise<void> {
    const mineOf = (document: FlowDocument) => [...this.#unanswered, sent].some((one) => isSame(one, document));
    let { base } = this.#state;
    try {
      if (theirs !== undefined && mineOf(theirs)) return this.#saved(theirs);
      if (theirs !== undefined && this.#unanswered.length > 0) {
        const next = await this.#options.read(base.revision + 1);
        if (next !== undefined && mineOf(next)) base = next;
      }
    } catch (error) {
      this.#sending = undefined;
      return this.#wait(sent, error, undefined);
    }
    this.#sending = undefined;
    this.#failures = 0;
    if (theirs === undefined) this.#set({ ...this.#known(), status: 'conflict', conflict: { mine: this.#latest, theirs, base } });
    else this.#takeIn(base, theirs);
  }

  #takeIn(base: FlowDocument, theirs: FlowDocument): void {
    this.#cancelTimer();
    const { document, conflicts } = mergeFlows(base, this.#latest, theirs);
    if (conflicts.length > 0) return this.#set({ ...this.#known(), status: 'conflict', conflict: { mine: this.#latest, theirs, base } });
    this.#unanswered = [];
    this.#latest = document;
    this.#options.onMerged({ base, theirs, document });
    this.#set({ ...this.#known(), status: 'dirty', base: theirs }, 'quiet');
    this.#schedule();
  }

  #known(): Pick<AutosaveState, 'base' | 'savedAtMs'> {
    const { base, savedAtMs } = this.#state;
    return { base, ...(savedAtMs === undefined ? {} : { savedAtMs }) };
  }

  #set(state: AutosaveState, how: 'quiet' | 'told' = 'told'): void {
    this.#state = state;
    if (how === 'quiet' || this.#isStopped) return;
    this.#options.onState(state);
    if (this.#state.status !== 'saving' && this.#state.status !== 'dirty') this.#release();
    else if (this.#state.status === 'dirty' && this.#waiting.length > 0) this.#send();
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve(this.#state);
  }
}

/** Returns whether both documents are the same flow, ignoring the revision. */
export function isSame(a: FlowDocument, b: FlowDocument): boolean {
  return a === b || findChanges({ ...a, revision: 0 }, { ...b, revision: 0 }).length === 0;
}
