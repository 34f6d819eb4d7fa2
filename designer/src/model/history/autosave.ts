/**
 * Saves a flow as it is edited. One save is under way at most; a failed one is tried again. When somebody else saved meanwhile, their changes
 * and mine are merged where they touch different parts; a person decides the others. Whatever happens, the newest document stays here until the
 * server has it.
 */
import type { Clock } from '../../../../engine/contract/values/clock.ts';
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { findChanges } from './document-changes.ts';
import { mergeFlows } from './merge-flows.ts';

/**
 * `saved`: the server has it; `dirty`: it will be saved in a moment; `saving`; `offline`: tried again at `retryAtMs`; `conflict`: somebody else
 * saved, a person decides; `refused`: the server does not take it, tried again after the next edit.
 */
export type AutosaveStatus = 'saved' | 'dirty' | 'saving' | 'offline' | 'conflict' | 'refused';

export interface Conflict {
  /** The newest document here; edits go on while the conflict is open. */
  readonly mine: FlowDocument;
  /** What the server has; undefined when the flow was deleted there. */
  readonly theirs: FlowDocument | undefined;
  /** What both began with. */
  readonly base: FlowDocument;
}

export interface AutosaveState {
  readonly status: AutosaveStatus;
  /** What the server has as far as is known here, under its revision. */
  readonly base: FlowDocument;
  /** Wall clock of the last save. */
  readonly savedAtMs?: number;
  /** Monotonic time of the next try. */
  readonly retryAtMs?: number;
  readonly conflict?: Conflict;
  /** Why it is offline or refused. */
  readonly error?: unknown;
}

/** What a failed save means. */
export type SaveFailure =
  /** Nothing is known about what the server did: try again. */
  | { readonly kind: 'offline'; readonly retryAfterMs?: number }
  /** Somebody else saved since; undefined: deleted. */
  | { readonly kind: 'conflict'; readonly theirs: FlowDocument | undefined }
  /** Trying the same again is no use. */
  | { readonly kind: 'refused' };

export interface Merged {
  /** What both began with. */
  readonly base: FlowDocument;
  readonly theirs: FlowDocument;
  /** With my changes on top of theirs. */
  readonly document: FlowDocument;
}

export interface AutosaveOptions {
  readonly clock: Clock;
  /** Saves under `document.revision` and answers the revision that the server gave it. */
  save(document: FlowDocument, signal: AbortSignal): Promise<{ readonly revision: number }>;
  judge(error: unknown): SaveFailure;
  /** What the server once had under that revision; undefined when it is not kept. */
  read(revision: number): Promise<FlowDocument | undefined>;
  /** What somebody else saved is part of the document from here on; called before the state changes. */
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
  /** The newest document here. */
  #latest: FlowDocument;
  #sending: { readonly document: FlowDocument; readonly controller: AbortController } | undefined;
  /** Sent, but no answer came: the server may have them. */
  #unanswered: FlowDocument[] = [];
  #failures = 0;
  #cancelTimer: () => void = () => undefined;
  #waiting: ((state: AutosaveState) => void)[] = [];
  #isStopped = false;

  /**
   * `base` is what the server has, or had when a kept draft began from it: then the first save meets what came after. `sent`: what was on its
   * way to the server when the page ended.
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

  /** True when something here is not known to be on the server: ask before the page is left. */
  get hasUnsaved(): boolean {
    return !isSame(this.#latest, this.#state.base) || this.#sending !== undefined;
  }

  /** Sent, and no answer came yet: the server may have it. */
  get sent(): readonly FlowDocument[] {
    return this.#sending === undefined ? this.#unanswered : [...this.#unanswered, this.#sending.document];
  }

  /** Call it with the document after every edit, undo and redo. */
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

  /** Saves now (Ctrl-S, before publishing); resolves when there is nothing left to save or it cannot be saved now. */
  flush(): Promise<AutosaveState> {
    if (this.#state.status === 'dirty' || this.#state.status === 'refused' || this.#state.status === 'offline') this.#send();
    if (this.#state.status !== 'saving') return Promise.resolve(this.#state);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The network or the session is back: tries at once instead of when the wait is over. */
  retryNow(): void {
    if (this.#state.status === 'offline' || this.#state.status === 'refused') this.#send();
  }

  /** Somebody else saved: takes their changes in before there is a conflict. Not while a save is under way, which meets them itself. */
  newer(theirs: FlowDocument): void {
    const { status, base } = this.#state;
    if (theirs.revision <= base.revision || this.#unanswered.length > 0) return;
    if (status !== 'saved' && status !== 'dirty') return;
    // Saved from here all the same, by a page that was just left.
    if (isSame(this.#latest, theirs)) this.#saved(theirs);
    else this.#takeIn(base, theirs);
  }

  /** Somebody removed the flow: a person says whether it comes back. Not while a save is under way, which meets that itself. */
  removed(): void {
    const { status, base } = this.#state;
    if (base.revision === 0 || (status !== 'saved' && status !== 'dirty')) return;
    this.#cancelTimer();
    this.#set({ ...this.#known(), status: 'conflict', conflict: { mine: this.#latest, theirs: undefined, base } });
  }

  /** Ends a conflict with what a person decided on: it is saved on top of theirs, or as a new flow when theirs was deleted. */
  settle(document: FlowDocument): Promise<AutosaveState> {
    const { conflict } = this.#state;
    if (conflict === undefined) return this.flush();
    // Revision 0 is that of a flow that the server does not know.
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

  /** No further save; one under way is let go on by itself. */
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

  /** The answer, or the time-out, whichever comes first; a save that throws at once has failed like any other. */
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
   * What the server has may be what was sent before, when its answer was lost on the way: then nobody else saved, and work goes on. Or somebody
   * else saved on top of that: then it is what both began with. Nothing is sent until this is known.
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

/** The same flow, whatever its revision. */
export function isSame(a: FlowDocument, b: FlowDocument): boolean {
  return a === b || findChanges({ ...a, revision: 0 }, { ...b, revision: 0 }).length === 0;
}
