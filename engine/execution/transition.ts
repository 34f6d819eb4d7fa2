/**
 * The events that can happen to a stored execution, and what each event writes. Pure: a journal, a worker or a
 * person's action passes the transition to the store as one conditional update. `match` names the state on which the
 * event was decided. If two events happen at the same time, one is refused, and its sender must read the execution
 * again.
 */
import type { ErrorRecord } from '../contract/values/errors.ts';
import { given } from '../contract/values/given.ts';
import type { Filter, Patch } from '../contract/ports/documents.ts';
import type { ExecutionDocument, LegRecord, Stored, StoredWait } from './execution-document.ts';

export interface Transition {
  readonly match: Filter;
  readonly patch: Patch;
}

/** The fields of a stored execution that a transition depends on. */
export type ExecutionState = Pick<ExecutionDocument, 'status' | 'epoch'> &
  Partial<Pick<ExecutionDocument, 'tables' | 'cancelRequested' | 'firstHeldAt'>>;

/** The hold reason of a resend until the execution it replaces is ended. */
export const RESEND_PREPARED = 'RESEND_PREPARED';

type ErrorHead = Pick<ErrorRecord, 'code' | 'kind'>;
export type EndRequest = NonNullable<ExecutionDocument['cancelRequested']>;

/** The fields that any write of a run may add. */
interface Added {
  readonly leg?: { readonly key: string; readonly record: LegRecord } | undefined;
  /** All blobs that the execution refers to; absent if there are none. */
  readonly blobs?: readonly string[] | undefined;
}

export type ExecutionEnd =
  | { readonly status: 'completed' }
  | { readonly status: 'failed'; readonly error: ErrorHead; readonly isDeadLetter: boolean }
  | { readonly status: 'cancelled'; readonly isUnknown: boolean; readonly hasWritten: boolean };

/**
 * Events that the run writes after it has claimed the execution. The first event is written together with the claim.
 */
export type RunEvent =
  /** The steps settled so far, and the intent of the next write. */
  | ({ readonly kind: 'checkpoint' } & Added)
  | ({ readonly kind: 'replied'; readonly reply: Stored } & Added)
  | ({ readonly kind: 'waiting'; readonly waits: readonly StoredWait[] } & Added)
  | ({
      readonly kind: 'held';
      readonly hold: NonNullable<ExecutionDocument['held']>;
      readonly error: ErrorHead;
      readonly hasWritten: boolean;
      /** The waits of other branches, which stay valid while the execution is held. */
      readonly waits: readonly StoredWait[];
      readonly reply?: Stored | undefined;
      /** Legs whose announced write was certainly not done. */
      readonly notDone: readonly string[];
    } & Added)
  | ({
      readonly kind: 'ended';
      readonly end: ExecutionEnd;
      /** Epoch milliseconds, like all times here. */
      readonly at: number;
      readonly expiresAt: number;
      readonly isOverQuota: boolean;
      readonly keepsInput: boolean;
      readonly reply?: Stored | undefined;
      /** The leg that replaces all others. */
      readonly summary?: LegRecord | undefined;
    } & Added);

export type ExecutionEvent =
  | RunEvent
  /** A worker claims the execution, or an inline run stores it together with its claim. */
  | { readonly kind: 'claimed'; readonly owner: string; readonly first: RunEvent }
  /** Undoes a claim whose response was lost, because the store may have stored it. Nothing was sent under the claim. */
  | { readonly kind: 'claim-returned'; readonly owner: string; readonly notDone: readonly string[] }
  /** The execution cannot be loaded. `epoch` is the epoch of the claim that found this. */
  | { readonly kind: 'unloadable'; readonly error: ErrorHead; readonly at: number; readonly epoch: number; readonly outcomeKnown: boolean }
  | { readonly kind: 'retried'; readonly by: string; readonly bulk?: string | undefined; readonly tables?: string | undefined }
  /** Another process knows that the writes that caused the hold were not done. */
  | { readonly kind: 'hold-released'; readonly notDone: readonly string[] }
  /** The retries of the execution become due now. */
  | { readonly kind: 'hurried'; readonly waits: readonly StoredWait[] }
  /** The message that the execution waits for has arrived. */
  | { readonly kind: 'resumed'; readonly at: number }
  /** A person ends the execution, whatever its status. */
  | { readonly kind: 'cancel-requested'; readonly request: EndRequest }
  /** A person ends the execution while it is held. */
  | {
      readonly kind: 'hold-ended';
      readonly request: EndRequest;
      readonly bulk?: string | undefined;
      readonly reply?: { readonly stored: Stored; readonly blobs: readonly string[] } | undefined;
    }
  /**
   * Execution `by` resends the message. `replaced`: it takes the place of this held execution. `resent`: this
   * execution has ended and stays as it is.
   */
  | { readonly kind: 'replaced'; readonly by: string; readonly request: EndRequest }
  | { readonly kind: 'resent'; readonly by: string; readonly at: number }
  /** A prepared resend gets a new position in the lane, before it is released. */
  | { readonly kind: 'moved'; readonly seq: string }
  | { readonly kind: 'resend-released'; readonly by?: string | undefined; readonly bulk?: string | undefined }
  /** The execution was never started, and takes the current code tables. */
  | { readonly kind: 'tables-moved'; readonly tables: string }
  /** The execution has ended, and another message may use its dedupe key. `id` is the id of this execution. */
  | { readonly kind: 'key-freed'; readonly id: string; readonly dedupe: string }
  /**
   * Another message with the same dedupe key was accepted, so this execution stays in the store until the dedupe
   * window of that message ends.
   */
  | { readonly kind: 'kept-longer'; readonly dedupe: string; readonly until: number; readonly expiresAt?: number | undefined };

/** Returns true if the event ends the run: the execution has ended, waits, or is held. */
export function settles({ kind }: RunEvent): boolean {
  return kind === 'waiting' || kind === 'held' || kind === 'ended';
}

export function transition(state: ExecutionState, event: ExecutionEvent): Transition {
  const { status, epoch } = state;
  switch (event.kind) {
    case 'checkpoint':
    case 'replied':
    case 'waiting':
    case 'held':
    case 'ended':
      return { match: { epoch, status: 'running' }, patch: runPatch(state, event) };
    case 'claimed':
      return claim(state, event);
    case 'claim-returned':
      return returnClaim(state, event);
    case 'unloadable':
      return holdUnloadable(state, event);
    case 'retried':
      return retry(state, event);
    case 'hold-released':
      return releaseHold(state, event);
    case 'hurried':
      return hurry(state, event);
    case 'resumed':
      return { match: { status: 'waiting', epoch }, patch: { set: { due: event.at } } };
    case 'cancel-requested':
      return { match: { open: true }, patch: { set: { cancelRequested: event.request } } };
    case 'hold-ended':
      return endHold(state, event);
    case 'replaced':
      return replace(state, event);
    case 'resent':
      return { match: {}, patch: { set: { [`replays.${event.by}`]: event.at } } };
    case 'moved':
      return { match: { status: 'held', 'held.reason': RESEND_PREPARED }, patch: { set: { 'lane.seq': event.seq } } };
    case 'resend-released':
      return releaseResend(state, event);
    case 'tables-moved':
      return { match: { status: 'queued', epoch: 0 }, patch: { set: { tables: event.tables } } };
    case 'key-freed':
      return { match: { status, dedupe: event.dedupe }, patch: { set: { dedupe: ownKey(event.id) } } };
    case 'kept-longer':
      return { match: { dedupe: event.dedupe }, patch: { set: { keptUntil: event.until, ...given({ expiresAt: event.expiresAt }) } } };
  }
}

/** Returns a dedupe key that no other message can have. */
export function ownKey(executionId: string): string {
  return `x:${executionId}`;
}

type Event<Kind extends ExecutionEvent['kind']> = Extract<ExecutionEvent, { readonly kind: Kind }>;

/**
 * Refuses the claim if a person cancelled the execution after the worker read it: the worker must read it again. Also
 * refuses it if the code tables of the execution were changed since.
 */
function claim(state: ExecutionState, { owner, first }: Event<'claimed'>): Transition {
  const { status, epoch, tables, cancelRequested } = state;
  const { set, unset = [] } = runPatch(state, first);
  const isSettled = settles(first);
  return {
    match: { open: true, status, epoch, ...given({ tables }), ...(cancelRequested === undefined ? { cancelRequested: null } : {}) },
    patch: {
      set: { ...(isSettled ? {} : { status: 'running', lease: { owner } }), epoch: epoch + 1, ...set },
      unset: isSettled ? unset : [...unset, 'due', 'held'],
    },
  };
}

function returnClaim({ epoch }: ExecutionState, { owner, notDone }: Event<'claim-returned'>): Transition {
  return {
    match: { status: 'running', epoch: epoch + 1, 'lease.owner': owner },
    patch: { set: { status: 'queued' }, unset: ['lease', ...notDone.map(intentOf)] },
  };
}

function holdUnloadable(state: ExecutionState, { epoch, error, at, outcomeKnown }: Event<'unloadable'>): Transition {
  const held = { node: '', reason: error.code, outcomeKnown, at };
  return {
    match: { open: true, status: state.status, epoch: state.epoch },
    patch: { set: { status: 'held', epoch, error, firstHeldAt: state.firstHeldAt ?? at, held }, unset: ['lease'] },
  };
}

function retry({ epoch }: ExecutionState, { by, bulk, tables }: Event<'retried'>): Transition {
  return {
    match: asHeld(epoch),
    patch: {
      set: { status: 'queued', releasedEpoch: epoch, retriedBy: by, ...given({ bulk, tables }) },
      unset: ['held', 'error', 'due'],
      inc: { retries: 1 },
    },
  };
}

function releaseHold({ epoch }: ExecutionState, { notDone }: Event<'hold-released'>): Transition {
  return {
    match: { ...asHeld(epoch), 'held.outcomeKnown': false },
    patch: { set: { status: 'queued' }, unset: ['held', 'error', 'due', ...notDone.map(intentOf)] },
  };
}

/** Changes the status too, so that a worker that read the execution before cannot claim it with the old times. */
function hurry({ epoch }: ExecutionState, { waits }: Event<'hurried'>): Transition {
  return { match: { status: 'waiting', epoch, cancelRequested: null }, patch: { set: { status: 'queued', waits }, unset: ['due'] } };
}

/** A reply that the caller already got stays; a new reply is stored only if there is none. */
function endHold({ epoch }: ExecutionState, { request, bulk, reply }: Event<'hold-ended'>): Transition {
  const isDone = request.isDone === true;
  return {
    match: { ...asHeld(epoch), ...(reply === undefined ? {} : { reply: null }) },
    patch: {
      set: {
        cancelRequested: request,
        ...(isDone ? { hasWritten: true } : {}),
        ...given({ bulk, reply: reply?.stored, blobs: reply && nonEmpty(reply.blobs) }),
      },
    },
  };
}

function replace({ epoch }: ExecutionState, { by, request }: Event<'replaced'>): Transition {
  return {
    match: asHeld(epoch),
    patch: { set: { cancelRequested: request, replacedBy: by, [`replays.${by}`]: request.at } },
  };
}

function releaseResend({ epoch }: ExecutionState, { by, bulk }: Event<'resend-released'>): Transition {
  return {
    match: { ...asHeld(epoch), 'held.reason': RESEND_PREPARED },
    patch: { set: { status: 'queued', ...given({ retriedBy: by, bulk }) }, unset: ['held', 'error'] },
  };
}

function runPatch(state: ExecutionState, event: RunEvent): Patch {
  const { leg, blobs } = event;
  const added = { ...(leg === undefined ? {} : { [`legs.${leg.key}`]: leg.record }), ...given({ blobs: blobs && nonEmpty(blobs) }) };
  switch (event.kind) {
    case 'checkpoint':
      return { set: added };
    case 'replied':
      return { set: { ...added, reply: event.reply } };
    case 'waiting':
      return waitingPatch(added, event);
    case 'held':
      return heldPatch(added, state, event);
    case 'ended':
      return endedPatch(added, event);
  }
}

/** The new leg and the blobs, which every event of a run may set. */
type AddedFields = Readonly<Record<string, unknown>>;

function waitingPatch(added: AddedFields, { waits }: Event<'waiting'>): Patch {
  const wake = waits.flatMap(({ token }) => token ?? []);
  const due = Math.min(...waits.map(({ untilMs }) => untilMs));
  return { set: { ...added, status: 'waiting', due, waits, ...given({ wake: nonEmpty(wake) }) }, unset: ['lease', 'held'] };
}

function heldPatch(added: AddedFields, state: ExecutionState, event: Event<'held'>): Patch {
  const { hold, error, hasWritten, waits, reply, notDone } = event;
  return {
    set: {
      ...{ ...added, status: 'held', held: hold, firstHeldAt: state.firstHeldAt ?? hold.at, error },
      ...(hasWritten ? { hasWritten } : {}),
      ...given({ waits: nonEmpty(waits), reply }),
    },
    unset: ['lease', 'due', ...notDone.map(intentOf)],
  };
}

function endedPatch(added: AddedFields, event: Event<'ended'>): Patch {
  const { end, at, expiresAt, isOverQuota, keepsInput, reply, summary } = event;
  return {
    set: {
      ...{ ...added, status: end.status, finishedAt: at, expiresAt },
      ...(isOverQuota ? { overQuota: true } : {}),
      ...(end.status === 'failed' ? { error: end.error, ...(end.isDeadLetter ? { deadLetter: true } : {}) } : {}),
      ...(end.status === 'cancelled' && end.isUnknown ? { isUnknown: true } : {}),
      ...(end.status === 'cancelled' && end.hasWritten ? { hasWritten: true } : {}),
      ...given({ reply, legs: summary && { 0: summary } }),
    },
    unset: [
      ...['lease', 'open', 'held', 'due', 'waits', 'wake'],
      ...(end.status === 'failed' ? [] : ['error']),
      // A patch applies `unset` before `set`, so blobs that are still referred to are set again.
      ...(keepsInput ? [] : ['input', 'blobs']),
    ],
  };
}

/** Matches the execution only if it is still held under this epoch and no cancel was requested. */
function asHeld(epoch: number): Filter {
  return { status: 'held', epoch, cancelRequested: null };
}

function intentOf(leg: string): string {
  return `legs.${leg}.intent`;
}

function nonEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}
